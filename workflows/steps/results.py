"""Results of beginning a step: it is done, or says what it needs to go on. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """The step is finished, with its output."""

    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AskModel:
    """The step needs a model call with this journaled request.

    Without a ``model`` it is routed, by its ``need`` and the number of ``sources`` it found (None
    where it looked for none). ``choice`` is how it was routed, as the journal keeps it.
    """

    model: str
    why: str
    request: dict[str, Any]
    need: str = "write"
    sources: int | None = None
    choice: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Converse:
    """The step is a conversation with a model, which these messages open."""

    messages: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Recommend:
    """The step submits a recommendation for review."""

    title: str
    why: str
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Propose:
    """The step is an action, which is reviewed with its group as one item."""


@dataclass(frozen=True, slots=True)
class Await:
    """The step waits until ``due_at`` or for an event. ``said`` tells people what for."""

    said: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The step starts a run of another workflow with this input and waits for it."""

    workflow: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SettingsMistake:
    """Problem of a step's settings, at a path inside them."""

    path: tuple[str | int, ...]
    message: str
