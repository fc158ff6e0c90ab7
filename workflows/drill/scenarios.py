"""Scenarios of a drill: a sealed run in which some calls of one step fail, and what followed."""

from dataclasses import dataclass, field, replace
from typing import Any

from approvals.models import ReviewItem
from workflows.definitions.definition import Step, step_of_part
from workflows.drill.expectations import KINDS, Followed
from workflows.drill.targets import DrillTarget, Way
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Call, Run, StepRun
from workflows.sealed.play import SealedWorld

CAUSES = {
    Way.UNREACHABLE: (Cause.MODEL_DOWN, Cause.SYSTEM_DOWN, "It can’t be reached"),
    Way.LATE: (Cause.MODEL_DOWN, Cause.SYSTEM_DOWN, "It did not answer in time"),
    Way.REFUSED: (Cause.MODEL_SETUP, Cause.SAID_NO, "It says no"),
    Way.DOUBT: (Cause.MODEL_DOWN, Cause.IN_DOUBT, "It broke off"),
}


UNFIT_TEXT = "No object, and so it fits no schema."


@dataclass(frozen=True, slots=True)
class Failing:
    """Calls of a step that fail: of its ``models`` by name, or of a tool.

    A tool of an action fails in each attempt of the step up to its fallback ``number``.
    """

    target: DrillTarget
    models: tuple[str, ...] = ()
    number: int = 0

    def has(self, call: Call) -> bool:
        """Whether a call is one of them."""
        target = self.target
        if step_of_part(call.step.name) != target.step:
            return False
        if target.is_model:
            return call.kind == "model" and call.name in self.models
        if call.kind != "tool":
            return False
        return call.name == target.name if target.of_agent else call.step.fallback <= self.number


@dataclass(frozen=True, slots=True)
class FailingWorld:
    """World of a drill: some calls fail in one way, the others are answered by ``inner``."""

    inner: SealedWorld
    failing: Failing
    way: Way

    def answer(self, question: SealedQuestion) -> Answer:
        """Return a failure, or what the world inside answers."""
        if self.failing.has(question.call):
            return failed_in(self.way, is_model=question.tool is None)
        return self.inner.answer(question)

    def event(self, step: StepRun) -> dict[str, Any]:
        """Return the event of the world inside."""
        return self.inner.event(step)


def failed_in(way: Way, *, is_model: bool) -> Answer:
    """Return the answer of a call that failed in this way. It cost nothing."""
    if way is Way.UNFIT:
        return Answer({"text": UNFIT_TEXT, "model": ""}, 0)
    model_cause, tool_cause, said = CAUSES[way]
    problem = CausedProblem(f"{said}, for the drill.", model_cause if is_model else tool_cause)
    return Answer(None, 0, problem=problem, kind=KINDS[way], doubt=way is Way.DOUBT)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a sealed run before it was rolled back: steps, calls, exceptions."""

    status: str
    problem: str
    steps: dict[str, StepRun] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    exceptions: dict[str, str] = field(default_factory=dict)

    def calls_of(self, target: DrillTarget) -> list[Call]:
        """Return the calls of a target's step that are of its kind, in order."""
        kind = "model" if target.is_model else "tool"
        found = [call for call in self.calls if step_of_part(call.step.name) == target.step]
        named = target.name if target.of_agent else ""
        return [one for one in found if one.kind == kind and (not named or one.name == named)]


def see_run(run: Run) -> Seen:
    """Return what a drill wants to know of a run."""
    steps = StepRun.objects.filter(run=run, replaced_at=None, item=None)
    calls = Call.objects.filter(run=run).select_related("step").order_by("id")
    items = ReviewItem.objects.filter(run_id=run.pk, kind="exception").order_by("id")
    return Seen(
        run.status,
        run.problem,
        {row.name: row for row in steps},
        tuple(calls),
        {step_of_part(item.step): str(item.draft.get("problem", "")) for item in items},
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """What followed a failed call: after how many tries, what was done, by which model or tool.

    ``number`` is that of the step's fallback which was used; ``why`` are the engine's words.
    """

    then: Followed
    tries: int = 0
    name: str = ""
    number: int = 0
    why: str = ""

    @property
    def sentence(self) -> str:
        """What happened, in a sentence."""
        if self.then is Followed.NOT_REACHED:
            return f"It was not called. {self.why}".strip()
        tried = "Tried once" if self.tries == 1 else f"Tried {self.tries} times"
        return f"{tried}, then {_DONE[self.then].format(self.name)}."


_DONE = {
    Followed.MODEL: "{} answered",
    Followed.TOOL: "{} was proposed instead, and did it",
    Followed.VALUE: "it went on with the fixed value",
    Followed.PERSON: "a person was asked",
    Followed.TOLD: "the agent was told, and went on",
    Followed.STOPPED: "it stopped, and nobody was told",
}


def happened(seen: Seen, step: Step, failing: Failing) -> Happened:
    """Return what followed the calls that failed, the last of them in the row above all."""
    calls = seen.calls_of(failing.target)
    failed = [call for call in calls if failing.has(call)]
    if not failed:
        return Happened(Followed.NOT_REACHED, why=_why_not_called(seen, failing.target))
    last = failed[-1]
    tries = sum(_is_same(call, last) for call in failed)
    after = [call for call in calls if call.id > last.id and _is_beside(call, last)]
    answered = next((one for one in after if one.status == "done"), None)
    found = Happened(Followed.STOPPED, tries)
    if answered is not None:
        then = Followed.MODEL if failing.target.is_model else Followed.TOOL
        return replace(found, then=then, name=answered.name, number=answered.step.fallback)
    if failing.target.step in seen.exceptions:
        return replace(found, then=Followed.PERSON, why=seen.exceptions[failing.target.step])
    row = seen.steps.get(failing.target.step)
    if row is not None and row.fallback and _is_value(step, row.fallback):
        return replace(found, then=Followed.VALUE, number=row.fallback)
    part = seen.steps.get(last.step.name)
    if failing.target.of_agent and part is not None and "failed" in (part.output or {}):
        return replace(found, then=Followed.TOLD)
    return found


def _is_value(step: Step, number: int) -> bool:
    return step.head.on_failure[number - 1].value is not None


def _is_beside(call: Call, other: Call) -> bool:
    """Whether two calls are of one step, or of one item of its list."""
    same = call.step.name == other.step.name and call.step.item == other.step.item
    return same and call.step_id != other.step_id


def _is_same(call: Call, other: Call) -> bool:
    """Whether two calls are tries of one."""
    return call.step_id == other.step_id and call.name == other.name


def _why_not_called(seen: Seen, target: DrillTarget) -> str:
    row = seen.steps.get(target.step)
    if row is None:
        return "The run ended before its step."
    if row.status in ("skipped", "failed") and row.note:
        return str(row.note)
    return "The agent did not ask for it." if target.of_agent else ""
