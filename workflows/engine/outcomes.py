"""Outcomes of calls: what came back, or why nothing did, before it is journaled."""

from dataclasses import dataclass
from typing import Any

from workflows import gateway, tools


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


def of_model(done: gateway.Completion, max_tokens: int, millis: int) -> Answer:
    """A model's answer, which is kept whether or not it can be used."""
    finish = {"finish": done.finish} if done.finish else {}
    return Answer(
        {"text": done.text, "model": done.model} | finish,
        millis,
        problem=gateway.problem_of(done, max_tokens),
        kind="refused" if done.refusal else "",
        usage=(done.tokens_in, done.tokens_out, done.cost_micros),
    )


def of_failure(
    error: gateway.ModelFailed | tools.ToolFailed | tools.ToolInDoubt, millis: int
) -> Answer:
    """Why a call brought nothing, in the words of whoever made it."""
    return Answer(None, millis, problem=str(error), kind=error.kind, wait=error.wait)
