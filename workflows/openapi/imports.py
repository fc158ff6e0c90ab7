"""Tools are made and changed from chosen operations of an OpenAPI document."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from approvals.gate.tools import add_tool, change_tool
from approvals.models import Tool
from approvals.rules.ladder import Effect
from tenants.actors import Actor
from tenants.credentials.references import REFERENCE
from tenants.errors import Conflict, Invalid
from workflows.openapi.operations import ApiOperation

ADAPTER = "openapi"
LONGEST_NAME = 60
LONGEST_TITLE = 120
# What an operation itself says of its tool; the rest of the settings is declared by people.
OWN_SETTINGS = ("method", "url", "places", "content_type", "answers")
WORDS = {
    "method": "its method",
    "url": "its address",
    "places": "where its arguments go",
    "content_type": "the form of its body",
    "answers": "its answers",
}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class ListedOperation:
    """Operation beside the tool that was made of it before. ``state`` is new, changed or same."""

    operation: ApiOperation
    tool: Tool | None

    @property
    def state(self) -> str:
        """Return how the operation stands to its tool."""
        if self.tool is None:
            return "new"
        return "changed" if self.differences else "same"

    @property
    def differences(self) -> list[str]:
        """Return in words what of the operation is not as its tool has it."""
        if self.tool is None:
            return []
        now, kept = operation_settings_of(self.operation), self.tool.settings
        found = [said for name, said in WORDS.items() if kept.get(name) != now[name]]
        arguments = [] if self.tool.args_schema == self.operation.args_schema else ["its arguments"]
        return list(dict.fromkeys([*arguments, *found]))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Operations of a document beside the tools of its API. ``gone``: tools without operation."""

    lines: list[ListedOperation]
    gone: list[Tool]


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """What a person declares of an operation that becomes a tool.

    ``undo`` is the key of the operation that undoes it, ``undo_args`` CEL for its arguments.
    """

    operation: ApiOperation
    name: str
    title: str
    effect: str
    kind: str = ""
    idempotency_header: str = ""
    undo: str = ""
    undo_args: dict[str, Any] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """What all tools of one API have in common: its short name and the secret they send.

    ``header`` is where the secret goes; empty for the place that the document names.
    """

    api: str
    secret: str = ""
    header: str = ""


def tools_of_api(api: str) -> dict[str, Tool]:
    """Return the tools that were made of an API's operations, by the operation's key."""
    found = Tool.objects.filter(adapter=ADAPTER, settings__api=api).order_by("name")
    return {str(tool.settings.get("operation")): tool for tool in found}


def compare_operations(operations: Iterable[ApiOperation], api: str) -> Comparison:
    """Return a document's operations beside the tools there are of them. Nothing is changed."""
    tools = tools_of_api(api)
    lines = [ListedOperation(one, tools.get(one.key)) for one in operations]
    keys = {line.operation.key for line in lines}
    return Comparison(lines, [tool for key, tool in tools.items() if key not in keys])


def suggested_name(api: str, operation: ApiOperation) -> str:
    """Return a name for an operation's tool, as shop.refund_order for refundOrder."""
    words = "_".join(WORD.findall(operation.operation_id)).lower()
    return f"{api}.{words or operation.method.lower()}"[:LONGEST_NAME].rstrip("_")


def operation_settings_of(operation: ApiOperation) -> dict[str, Any]:
    """Return the part of a tool's settings that its operation says."""
    return {name: getattr(operation, name) for name in OWN_SETTINGS}


def save_tools(declared: list[ToolDeclaration], access: ApiAccess, *, actor: Actor) -> list[Tool]:
    """Add or change the tools of these operations, each audited, and return them.

    An operation that undoes others is saved before them. Raises Invalid or Conflict for the first
    that can't be; the caller then rolls all of them back.
    """
    before = tools_of_api(access.api)
    names = {key: tool.name for key, tool in before.items()}
    names |= {one.operation.key: one.name for one in declared}
    _check_names(declared, before)
    saved: dict[str, Tool] = {}
    later: list[ToolDeclaration] = []
    for one in sorted(declared, key=lambda one: bool(one.undo)):
        if one.undo and one.undo not in names:
            raise Invalid(f"{one.name} is undone by an operation that is no tool.", code="undo")
        # Of two that undo each other, the first is saved without its undo.
        is_early = bool(one.undo) and one.undo not in saved and one.undo not in before
        later += [one] if is_early else []
        undo = "" if is_early else names.get(one.undo, "")
        tool = before.get(one.operation.key)
        saved[one.operation.key] = _save(one, tool, undo, access, actor=actor)
    for one in later:
        key = one.operation.key
        saved[key] = change_tool(
            saved[key], actor=actor, undo_tool=names[one.undo], undo_args=one.undo_args
        )
    return [saved[one.operation.key] for one in declared]


def _check_names(declared: list[ToolDeclaration], before: dict[str, Tool]) -> None:
    names = [one.name for one in declared]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise Conflict(f"Two operations would be called {twice}.", code="name_taken")
    for one in declared:
        tool = before.get(one.operation.key)
        if tool is not None and tool.name != one.name:
            raise Conflict(f"{one.operation.key} is called {tool.name} here.", code="name_taken")


def _save(
    one: ToolDeclaration, tool: Tool | None, undo: str, access: ApiAccess, *, actor: Actor
) -> Tool:
    """Add an operation's tool, or change of it what differs."""
    is_write = one.effect == Effect.WRITE
    wanted: dict[str, Any] = {
        "title": one.title[:LONGEST_TITLE],
        "effect": one.effect,
        "kind": one.kind if is_write and one.kind else None,
        "args_schema": one.operation.args_schema,
        "settings": _settings(one, tool, access),
        "takes_key": is_write and bool(one.idempotency_header),
        "undo_tool": undo if is_write else "",
        "undo_args": one.undo_args if undo and is_write else {},
        "phrases": {name: said for name, said in one.phrases.items() if said},
    }
    if tool is None:
        return add_tool(name=one.name, adapter=ADAPTER, actor=actor, **wanted)
    wanted["phrases"] = tool.phrases | wanted["phrases"]
    changes = {name: value for name, value in wanted.items() if getattr(tool, name) != value}
    return change_tool(tool, actor=actor, **changes) if changes else tool


def _settings(one: ToolDeclaration, tool: Tool | None, access: ApiAccess) -> dict[str, Any]:
    is_write = one.effect == Effect.WRITE
    kept = tool.settings.get("credential") if tool else None
    return {
        "api": access.api,
        "operation": one.operation.key,
        **operation_settings_of(one.operation),
        "credential": _credential(one.operation, access) or kept,
        "idempotency_header": one.idempotency_header if is_write else "",
    }


def _credential(operation: ApiOperation, access: ApiAccess) -> dict[str, str] | None:
    """Return where a tool sends the secret: in the header that is said, else as described."""
    if not access.secret:
        return None
    place = operation.credential or {"in": "bearer"}
    if access.header:
        place = {"in": "header", "name": access.header}
    return place | {"secret": f"{REFERENCE}{access.secret}"}
