"""What a scripted model says, in no provider's form: each peer puts it into its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workflows.gateway.usage import Usage


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that isn't 200, such as ``Reply(500, "overloaded")``."""

    status: int
    message: str = "it went wrong"
    kind: str = "scripted"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call. ``arguments`` are an object, or a text that is sent as it is."""

    name: str
    arguments: Any
    id: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. ``finish`` is length, filtered or empty for an answer that came to its end.

    ``streamed``: it is streamed although the request did not say so. ``half``: the connection
    closes in the middle; of a stream after this many events.
    """

    text: str = ""
    calls: tuple[Called, ...] = ()
    thoughts: str = ""
    refusal: str = ""
    finish: str = ""
    usage: Usage | None = None
    streamed: bool = False
    half: int = 0

    def counts(self, request: dict[str, Any]) -> Usage:
        """Its tokens: those given, or a quarter of the characters."""
        asked = sum(len(str(m.get("content"))) for m in request.get("messages", []))
        return self.usage or Usage(uncached=asked // 4, answer=len(self.text) // 4)


Answer = str | bytes | dict[str, Any] | Reply | Said | None


def as_said(answer: str | dict[str, Any] | Said) -> Said:
    """An answer of a script as what is said: a text, an object as JSON text."""
    if isinstance(answer, Said):
        return answer
    return Said(answer if isinstance(answer, str) else json.dumps(answer))


def as_text(arguments: Any) -> str:
    """A call's arguments as they are sent."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def pieces(text: str, size: int = 7) -> Iterator[str]:
    """A text as it is streamed."""
    return (text[at : at + size] for at in range(0, len(text), size))
