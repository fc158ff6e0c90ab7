"""Answers to the calls of sealed runs: an answerer of this process gives them, no call is made.

A sealed run lives in one transaction of one process (``workflows.sealed``), so its answerer is
there as long as it is. Elsewhere there is none, and the call fails the transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from approvals.models import Tool
from tenants.errors import Refused
from workflows.engine.calls.outcomes import Answer
from workflows.models import Call


@dataclass(frozen=True, slots=True)
class SealedQuestion:
    """Call of a sealed run that needs an answer. ``tool`` is the one called, None for a model."""

    call: Call
    tool: Tool | None = None


class Answerer(Protocol):
    """Source of the answers that a sealed run gets instead of its calls."""

    def answer(self, question: SealedQuestion) -> Answer:
        """Return the answer, without any call to the outside."""


_answerer: ContextVar[Answerer | None] = ContextVar("handrail_answerer", default=None)


@contextmanager
def answered_by(answerer: Answerer) -> Iterator[None]:
    """Inside the block the calls of sealed runs get their answers from ``answerer``."""
    token = _answerer.set(answerer)
    try:
        yield
    finally:
        _answerer.reset(token)


def sealed_answer(call: Call, tool: Tool | None = None) -> Answer:
    """Return the answer to a sealed run's call. Raises Refused where nobody is there to give it."""
    answerer = _answerer.get()
    if answerer is None:
        raise Refused("This run is sealed: none of its calls is made.")
    return answerer.answer(SealedQuestion(call, tool))
