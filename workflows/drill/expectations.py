"""Expectations of a drill: what a definition declares to follow a failed call. Pure.

They are read from the definition and the provider's table, and not from what the engine does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from workflows.definitions.definition import Step
from workflows.definitions.on_failure import Fallback
from workflows.drill.targets import DrillTarget, Way

# The kind of failure that a retry policy reads, by the way a call fails.
KINDS = {
    Way.UNREACHABLE: "unavailable",
    Way.LATE: "timeout",
    Way.REFUSED: "refused",
    Way.UNFIT: "bad_answer",
    Way.DOUBT: "timeout",
}
STOPS = "the run stops and a person is told"


class Followed(StrEnum):
    """What follows a call that has failed for good."""

    MODEL = "model"
    TOOL = "tool"
    VALUE = "value"
    PERSON = "person"
    TOLD = "told"  # an agent is told, and goes on
    STOPPED = "stopped"  # nobody was told of it
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is declared to follow, after how many tries; ``name`` is that of the model or tool.

    ``number`` is that of the fallback in the definition, 0 for none of them. What follows whatever
    is declared ``is_always``; what follows where nothing is declared is neither.
    """

    then: Followed
    said: str
    tries: int
    name: str = ""
    number: int = 0
    is_declared: bool = True
    is_always: bool = False

    @property
    def sentence(self) -> str:
        """The expectation in a sentence."""
        if self.tries > 1 and not self.is_declared and not self.is_always:
            return f"Nothing is declared: after {self.tries} tries {STOPS}."
        if self.tries > 1:
            return f"After {self.tries} tries: {self.said}."
        return f"{self.said[0].upper()}{self.said[1:]}."


@dataclass(frozen=True, slots=True)
class Failed:
    """What has failed already: models by name, and the step's fallbacks up to ``number``.

    ``candidate`` is the model that the provider's table has for it next, empty for none.
    """

    models: tuple[str, ...] = ()
    number: int = 0
    candidate: str = ""
    passed_over: Collection[str] = ()


def expected(step: Step, target: DrillTarget, way: Way, failed: Failed) -> Expectation:
    """Return what is declared to follow when a target fails, and with it all that has failed."""
    tries = _tries(step, target, way, failed)
    if way is Way.DOUBT:
        said = "a person is asked whether it happened, and no fallback is used"
        return _always(Followed.PERSON, said, tries)
    if target.of_agent and target.facts is not None:
        if not target.facts.is_write:
            return _always(Followed.TOLD, "the agent is told of it, and goes on", tries)
        return _of_agents_write(step, tries)
    if target.is_model and failed.candidate:
        which = "another" if way is Way.UNFIT else "the next"
        said = f"{which} model of the provider’s table, {failed.candidate}, is asked"
        return Expectation(Followed.MODEL, said, tries, failed.candidate)
    for number, plan in enumerate(step.head.on_failure, 1):
        if number > failed.number and _is_next(plan, target, failed):
            return _planned(step, plan, number, tries)
    return _nothing(tries)


def _is_next(plan: Fallback, target: DrillTarget, failed: Failed) -> bool:
    if plan.model:
        used = {*failed.models, *failed.passed_over}
        return target.is_model and plan.model not in used
    if plan.tool:
        return not target.is_model and plan.tool not in failed.passed_over
    return True


def _planned(step: Step, plan: Fallback, number: int, tries: int) -> Expectation:
    if plan.model:
        said = f"the model {plan.model} is asked the same"
        return Expectation(Followed.MODEL, said, tries, plan.model, number)
    if plan.tool:
        said = f"{plan.tool} is proposed instead"
        return Expectation(Followed.TOOL, said, tries, plan.tool, number)
    if plan.value is not None:
        return Expectation(Followed.VALUE, "it goes on with a fixed value", tries, number=number)
    if "on_failure" not in step.head.model_fields_set:
        return _nothing(tries)
    return Expectation(Followed.PERSON, "the owner is asked (exception)", tries, number=number)


def _of_agents_write(step: Step, tries: int) -> Expectation:
    """Return what follows an agent's write that failed: the model is asked no more, a person is."""
    for number, plan in enumerate(step.head.on_failure, 1):
        if plan.person:
            return _planned(step, plan, number, tries)
    return _nothing(tries)


def _always(followed: Followed, said: str, tries: int) -> Expectation:
    return Expectation(followed, said, tries, is_declared=False, is_always=True)


def _nothing(tries: int) -> Expectation:
    said = f"nothing is declared: {STOPS}"
    return Expectation(Followed.PERSON, said, tries, is_declared=False)


def _tries(step: Step, target: DrillTarget, way: Way, failed: Failed) -> int:
    policy = step.head.retry
    if way is Way.DOUBT:
        # With a key the tool acts once however often it is asked.
        return policy.attempts if target.facts is not None and target.facts.takes_key else 1
    if way is Way.UNFIT and KINDS[way] not in policy.on:
        return min(policy.attempts, 2)  # the model is told once what does not fit
    if target.is_model and failed.candidate and way is not Way.UNFIT:
        return 1  # another model answers at once
    return policy.attempts if KINDS[way] in policy.on else 1
