"""Outcomes of calls: an answer, or the reason why there is none, before it is journaled."""

from dataclasses import asdict, dataclass, field
from typing import Any

from workflows import gateway, tools
from workflows.budgets.refusals import BudgetRefusal
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.gateway.usage import Usage

# The cause where an answer was cut off, by how it ended.
CUT_CAUSES = {"length": Cause.MODEL_LIMIT, "content_filter": Cause.MODEL_REFUSED}


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of a call, or its failure.

    ``doubt``: it is not known whether the tool acted. ``kind`` is the kind of failure: timeout,
    rate_limited, unavailable or refused. ``is_barred``: the gate refused this try.
    ``cost_micros`` is in millionths of a US dollar, None where it is not known. ``wait`` is the
    number of seconds before which the other side wants no further call. A response with a
    ``problem`` was paid for, and has nothing to use. ``refusal`` is that of a budget: no call was
    made. ``is_held``: nor was one where the model's circuit is open. ``asked`` has what a tool's
    server asks a person, and its state: the call has not come to its end. ``formers`` names the
    secrets whose former value was used. ``pictures`` show what a tool saw.
    """

    response: dict[str, Any] | None
    millis: int
    problem: str = ""
    doubt: bool = False
    kind: str = ""
    is_barred: bool = False
    usage: Usage = field(default_factory=Usage)
    cost_micros: int | None = 0
    wait: float = 0
    refusal: BudgetRefusal | None = None
    is_held: bool = False
    asked: dict[str, Any] | None = None
    formers: tuple[str, ...] = ()
    pictures: tuple[tools.ToolPicture, ...] = ()

    def spent(self) -> dict[str, Any]:
        """Return the tokens and the cost, by the journal's columns."""
        usage = self.usage
        return {
            "tokens_in": usage.tokens_in,
            "tokens_out": usage.tokens_out,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
            "reasoning": usage.reasoning,
            "cost_micros": self.cost_micros,
        }


def model_answer(done: gateway.Completion, max_tokens: int, millis: int) -> Answer:
    """Return a model's completion as an answer, kept whether or not it can be used."""
    more: dict[str, Any] = {
        "provider": done.provider,
        "finish": done.finish,
        "tool_calls": [asdict(one) for one in done.tool_calls],
    }
    said = {name: value for name, value in more.items() if value}
    return Answer(
        {"text": done.text, "model": done.model} | said,
        millis,
        problem=_answer_problem(done, max_tokens),
        kind="refused" if done.refusal else "",
        usage=done.usage,
        cost_micros=done.cost_micros,
    )


def failed_answer(
    error: gateway.ModelFailed | tools.ToolFailed | tools.ToolInDoubt, millis: int
) -> Answer:
    """Return the answer of a call that failed, with the sentence and the cause of its error."""
    cost: int | None = 0
    if isinstance(error, gateway.ModelFailed):
        cost = None if error.may_cost else 0
        cause = causes.model_cause(error.kind, error.http_status, str(error))
    else:
        cause = error.cause or causes.of_tool(error.kind)
    said = CausedProblem(str(error), cause)
    return Answer(None, millis, problem=said, kind=error.kind, wait=error.wait, cost_micros=cost)


def asking_answer(error: tools.ToolAsks, millis: int) -> Answer:
    """Return the answer of a call whose tool asks a person something."""
    said = CausedProblem(str(error), Cause.TOOL_ASKS)
    asked = {"questions": error.questions, "state": error.state}
    return Answer(None, millis, problem=said, kind="refused", asked=asked)


def _answer_problem(done: gateway.Completion, max_tokens: int) -> str:
    """Return why a completion can't be used, with its cause; empty where it has a text."""
    said = gateway.completion_problem(done, max_tokens)
    if not said:
        return ""
    if done.refusal:
        return CausedProblem(said, Cause.MODEL_REFUSED)
    return CausedProblem(said, CUT_CAUSES.get(done.finish, Cause.MODEL_ANSWER))
