"""Offers of MCP servers: what a server says of itself and its tools, its pins, and what changed.

A pin is a hash. A tool that is turned on keeps the pin of what a person saw. Pure.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_TOOLS = 200
LONGEST_NAME = 128  # characters
LONGEST_TEXT = 20_000  # characters of instructions and of a description
# Parts of a tool that its pin is over, and their words.
PARTS = {
    "name": "its name",
    "title": "its title",
    "description": "its description",
    "input_schema": "its arguments",
    "output_schema": "its answer",
    "annotations": "what the server says that it does",
}
SERVER_PARTS = {
    "place": "where the server is",
    "issuer": "who lets us in",
    "instructions": "the server's instructions",
}


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """Tool that a server offers, in the server's own words. ``annotations`` are its claims."""

    name: str
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any] = field(default_factory=dict)
    output_schema: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the tool as JSON, each of PARTS."""
        return {part: getattr(self, part) for part in PARTS}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "OfferedTool":
        """Return a tool from what ``as_json`` returned."""
        return cls(**{part: found[part] for part in PARTS})


@dataclass(frozen=True, slots=True)
class ServerOffer:
    """Offer of a server: where it is, who issued our token, its instructions and its tools.

    ``revision`` is that of the protocol, ``software`` its name and version; no pin is over them.
    """

    place: str
    issuer: str = ""
    instructions: str = ""
    tools: tuple[OfferedTool, ...] = ()
    revision: str = ""
    software: str = ""

    def server_parts(self) -> dict[str, str]:
        """Return what every tool's pin is over besides the tool."""
        return {part: getattr(self, part) for part in SERVER_PARTS}

    def tool(self, name: str) -> OfferedTool | None:
        """Return the tool of that name; None where it is not offered."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def pin_of(self, tool: OfferedTool) -> str:
        """Return the pin of one tool: over the server, its instructions, and all of the tool."""
        return _hash({"server": self.server_parts(), "tool": tool.as_json()})

    def pin(self) -> str:
        """Return the pin of the whole: over the server and the set of its tools in any order."""
        tools = sorted((tool.as_json() for tool in self.tools), key=lambda one: str(one["name"]))
        return _hash({"server": self.server_parts(), "tools": tools})

    def as_json(self) -> dict[str, Any]:
        """Return the offer as JSON."""
        more = {"revision": self.revision, "software": self.software}
        return self.server_parts() | more | {"tools": [tool.as_json() for tool in self.tools]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "ServerOffer":
        """Return an offer from what ``as_json`` returned."""
        tools = tuple(map(OfferedTool.from_json, found.get("tools", ())))
        names = (*SERVER_PARTS, "revision", "software")
        return cls(tools=tools, **{name: found.get(name, "") for name in names})


@dataclass(frozen=True, slots=True)
class OfferChange:
    """Part of an offer that is not as a person saw it, with both texts."""

    part: str
    before: str
    after: str


def changes_between(
    kept: ServerOffer, kept_tool: OfferedTool, now: ServerOffer, tool: OfferedTool
) -> list[OfferChange]:
    """Return what of a tool and of its server is not as it was kept."""
    pairs = [(SERVER_PARTS[part], getattr(kept, part), getattr(now, part)) for part in SERVER_PARTS]
    pairs += [(PARTS[part], getattr(kept_tool, part), getattr(tool, part)) for part in PARTS]
    return [
        OfferChange(said, _text(before), _text(after))
        for said, before, after in pairs
        if _plain(before) != _plain(after)
    ]


def renamed_from(tool: OfferedTool, gone: Iterable[OfferedTool]) -> OfferedTool | None:
    """Return the tool that is gone and was this one under another name; None where none was."""
    shape = _hash(tool.as_json() | {"name": ""})
    return next((one for one in gone if _hash(one.as_json() | {"name": ""}) == shape), None)


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _text(value: Any) -> str:
    """Return a part as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2)


def _hash(value: Any) -> str:
    return hashlib.sha256(_plain(value).encode("utf-8", "surrogatepass")).hexdigest()
