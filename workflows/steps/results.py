"""What beginning a step can come to. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """The step is finished, with its output."""

    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AskModel:
    """The step needs a model call with this journaled request."""

    model: str
    why: str
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recommend:
    """The step puts a recommendation before a person."""

    title: str
    why: str
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Propose:
    """The step is an action: its group goes before a person together."""


@dataclass(frozen=True, slots=True)
class Await:
    """The step waits, until ``due_at`` or for an event. ``said`` tells people for what."""

    said: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The step starts a run of another workflow with this input and waits for it."""

    workflow: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SettingsMistake:
    """A problem in settings, at a path inside them."""

    path: tuple[str | int, ...]
    message: str
