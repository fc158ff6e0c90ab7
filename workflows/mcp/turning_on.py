"""Tools that an MCP server offers are compared with those turned on, and turned on by people."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from approvals.gate.tools import add_tool, change_tool
from approvals.models import Tool
from approvals.rules import schema_validation
from approvals.rules.ladder import Effect
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from workflows.mcp.offers import (
    OfferChange,
    OfferedTool,
    ServerOffer,
    changes_between,
    renamed_from,
)
from workflows.mcp.schemas import modern_schema
from workflows.mcp.servers import ADAPTER, offer_seen, server_place, tools_of_server
from workflows.mcp.settings import mcp_settings
from workflows.models import McpServer

LONGEST_NAME, LONGEST_TITLE = 60, 120
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """Offered tool beside the one that was turned on, with the difference between them.

    ``is_new``: no person chose from an offer that had it. ``renamed`` is the tool that it was.
    """

    offered: OfferedTool
    tool: Tool | None = None
    is_new: bool = False
    renamed: str = ""
    changes: list[OfferChange] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return how the offered tool stands: on, off, new, renamed or changed."""
        if self.changes:
            return "changed"
        if self.tool is not None:
            return "on" if self.tool.enabled else "off"
        return "renamed" if self.renamed else "new" if self.is_new else "off"


@dataclass(frozen=True, slots=True)
class OfferComparison:
    """Offer of a server beside the tools turned on of it. ``gone``: tools it offers no more."""

    offer: ServerOffer
    lines: list[OfferedLine]
    gone: list[Tool]


@dataclass(frozen=True, slots=True)
class OfferDeclaration:
    """What a person declares of an offered tool: its effect above all, which no server says.

    ``undo`` is the name that the server gives the tool that undoes it.
    """

    offered: OfferedTool
    name: str
    title: str
    effect: str
    kind: str = ""
    asks_outside: bool = False
    undo: str = ""
    undo_args: dict[str, Any] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)


def compare_offer(server: McpServer) -> OfferComparison:
    """Return what a server was last seen to offer, beside the tools of it. Nothing is changed."""
    offer, tools = offer_seen(server), tools_of_server(server)
    gone = [tool for name, tool in tools.items() if offer.tool(name) is None]
    lost = [mcp_settings(tool.settings).tool for tool in gone]
    lines = [_line(server, offer, one, tools.get(one.name), lost) for one in offer.tools]
    return OfferComparison(offer, lines, gone)


def _line(
    server: McpServer,
    offer: ServerOffer,
    offered: OfferedTool,
    tool: Tool | None,
    lost: Iterable[OfferedTool],
) -> OfferedLine:
    if tool is None:
        was = renamed_from(offered, lost)
        is_new = bool(server.reviewed_pin) and offered.name not in server.reviewed
        return OfferedLine(offered, None, is_new, was.name if was else "")
    kept = mcp_settings(tool.settings)
    return OfferedLine(
        offered, tool, changes=changes_between(kept.offer, kept.tool, offer, offered)
    )


def suggested_tool_name(server: str, offered: OfferedTool) -> str:
    """Return a name for an offered tool, as shop.refund_order for refundOrder."""
    words = "_".join(WORD.findall(offered.name)).lower()
    return f"{server}.{words or 'tool'}"[:LONGEST_NAME].rstrip("_")


def turn_on_tools(
    server: McpServer, declared: list[OfferDeclaration], seen_pin: str, *, actor: Actor
) -> list[Tool]:
    """Turn these tools on as they are offered now, each audited, and return them.

    ``seen_pin`` is the pin of the offer that the person saw. Raises Conflict where the offer has
    changed since, Invalid for the first tool that can't be; the caller then rolls back all.
    """
    server = McpServer.objects.select_for_update().get(pk=server.pk)
    if server.seen_pin != seen_pin:
        said = "What it offers has changed while you looked. Look through it once more."
        raise Conflict(said, code="changed")
    offer, before = offer_seen(server), tools_of_server(server)
    names = {key: tool.name for key, tool in before.items()}
    names |= {one.offered.name: one.name for one in declared}
    _check_names(declared, before)
    saved: dict[str, Tool] = {}
    # One that undoes others is saved before them; a circle is refused by its missing tool.
    for one in sorted(declared, key=lambda one: bool(one.undo)):
        if one.undo and one.undo not in names:
            raise Invalid(f"{one.name} is undone by one that is no tool.", code="undo")
        tool = before.get(one.offered.name)
        undo = names.get(one.undo, "")
        saved[one.offered.name] = _save(server, offer, one, tool, undo, actor=actor)
    McpServer.objects.filter(pk=server.pk).update(
        reviewed=[tool.name for tool in offer.tools], reviewed_pin=seen_pin
    )
    return [saved[one.offered.name] for one in declared]


def _check_names(declared: list[OfferDeclaration], before: dict[str, Tool]) -> None:
    names = [one.name for one in declared]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise Conflict(f"Two tools would be called {twice}.", code="name_taken")
    for one in declared:
        tool = before.get(one.offered.name)
        if tool is not None and tool.name != one.name:
            raise Conflict(f"{one.offered.name} is called {tool.name} here.", code="name_taken")


def _save(
    server: McpServer,
    offer: ServerOffer,
    one: OfferDeclaration,
    tool: Tool | None,
    undo: str,
    *,
    actor: Actor,
) -> Tool:
    """Add an offered tool, or change of it what differs; either way it is on then."""
    _check_answer(one.offered)
    is_write = one.effect == Effect.WRITE
    wanted: dict[str, Any] = {
        "title": one.title[:LONGEST_TITLE],
        "effect": one.effect,
        "kind": one.kind if is_write and one.kind else None,
        "args_schema": args_schema_of(one.offered),
        "settings": settings_of_tool(server, offer, one.offered),
        "asks_outside": one.asks_outside and one.effect == Effect.READ,
        "undo_tool": undo if is_write else "",
        "undo_args": one.undo_args if undo and is_write else {},
        "phrases": {name: said for name, said in one.phrases.items() if said},
        "enabled": True,
    }
    if tool is None:
        return add_tool(name=one.name, adapter=ADAPTER, actor=actor, **wanted)
    wanted["phrases"] = tool.phrases | wanted["phrases"]
    changes = {name: value for name, value in wanted.items() if getattr(tool, name) != value}
    return change_tool(tool, actor=actor, **changes) if changes else tool


def _check_answer(offered: OfferedTool) -> None:
    """Raise Invalid where no answer could be held against what the server says of its answers."""
    if offered.output_schema is None:
        return
    try:
        schema_validation.check(modern_schema(offered.output_schema))
    except Invalid as error:
        said = f"{offered.name}: the schema of its answer can't be used. {error.message}"
        raise Invalid(said, code="schema") from error


def args_schema_of(offered: OfferedTool) -> dict[str, Any]:
    """Return the schema of a tool's arguments: the server's, which takes no further ones here."""
    modern = modern_schema(offered.input_schema)
    schema = {name: value for name, value in modern.items() if name != "$schema"}
    return schema | {"type": "object", "additionalProperties": False}


def settings_of_tool(server: McpServer, offer: ServerOffer, offered: OfferedTool) -> dict[str, Any]:
    """Return the settings of a tool that is turned on as it is offered, with its pin."""
    return {
        "server": server.name,
        "place": server_place(server).model_dump(),
        "revision": offer.revision,
        "instructions": offer.instructions,
        "issuer": offer.issuer,
        "offered": offered.as_json(),
        "pin": offer.pin_of(offered),
    }
