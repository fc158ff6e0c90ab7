"""Outcomes of calls: what came back, or why nothing did, before it is journaled."""

from dataclasses import dataclass
from typing import Any

from workflows import gateway, tools
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause, CausedProblem

# The cause where an answer was cut off, by how it ended.
CUT = {"length": Cause.MODEL_LIMIT, "content_filter": Cause.MODEL_REFUSED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. ``doubt``: nobody knows whether it acted.

    ``kind`` is the kind of failure: timeout, rate_limited, unavailable or refused. ``is_barred``:
    the gate refused this try. ``wait`` is for how many seconds the other side asked to be left
    alone. A response with a ``problem`` was paid for and holds nothing to use.
    """

    response: dict[str, Any] | None
    millis: int
    problem: str = ""
    doubt: bool = False
    kind: str = ""
    is_barred: bool = False
    usage: tuple[int, int, int] = (0, 0, 0)
    wait: float = 0


def model_answer(done: gateway.Completion, max_tokens: int, millis: int) -> Answer:
    """A model's answer, which is kept whether or not it can be used."""
    finish = {"finish": done.finish} if done.finish else {}
    return Answer(
        {"text": done.text, "model": done.model} | finish,
        millis,
        problem=_unusable(done, max_tokens),
        kind="refused" if done.refusal else "",
        usage=(done.tokens_in, done.tokens_out, done.cost_micros),
    )


def of_failure(
    error: gateway.ModelFailed | tools.ToolFailed | tools.ToolInDoubt, millis: int
) -> Answer:
    """Why a call brought nothing, in the words of whoever made it."""
    if isinstance(error, gateway.ModelFailed):
        cause = causes.model_cause(error.kind, error.http_status, str(error))
    else:
        cause = error.cause or causes.of_tool(error.kind)
    said = CausedProblem(str(error), cause)
    return Answer(None, millis, problem=said, kind=error.kind, wait=error.wait)


def _unusable(done: gateway.Completion, max_tokens: int) -> str:
    """Why there is nothing to use in an answer, with its cause; empty where there is a text."""
    said = gateway.completion_problem(done, max_tokens)
    if not said:
        return ""
    if done.refusal:
        return CausedProblem(said, Cause.MODEL_REFUSED)
    return CausedProblem(said, CUT.get(done.finish, Cause.MODEL_ANSWER))
