"""Tools of a tenant are declared here: their effect, arguments, phrases and undo."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from jsonschema.exceptions import ValidationError

from approvals.gate.done_before import update_past_keys
from approvals.gate.tool_declaration import check_declaration, check_phrases, named_tools
from approvals.gate.tool_secrets import check_secrets
from approvals.models import Tool
from approvals.rules import schema_validation
from approvals.rules.closed_schema import closed
from approvals.rules.never import Known
from approvals.workflow_lookup import lookup
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability

DECLARED = {
    "title",
    "effect",
    "kind",
    "args_schema",
    "settings",
    "asks_outside",
    "is_test",
    "takes_key",
    "undo_tool",
    "undo_hours",
    "undo_args",
    "undo_check",
    "same_as",
    "same_days",
    "phrases",
    "prose_arg",
    "enabled",
}


def add_tool(*, name: str, adapter: str, actor: Actor, **declared: Any) -> Tool:
    """Add a tool. Raises Invalid for a bad declaration, Conflict for a taken name."""
    access.require(actor, Capability.CONFIGURE)
    tool = Tool(name=name, adapter=adapter, **declared)
    _check(tool)
    check_phrases(tool)
    taken = Conflict(f"There is a tool called {name} already.", code="name_taken")
    if Tool.objects.filter(name=name).exists():
        raise taken
    try:
        with transaction.atomic():  # a savepoint: another person may add it just now
            tool.save(force_insert=True)
    except IntegrityError as error:
        raise taken from error
    record(Verb.TOOL_ADDED, tool, actor=actor, after={"effect": tool.effect, "kind": tool.kind})
    return tool


def change_tool(tool: Tool, *, actor: Actor, **changes: Any) -> Tool:
    """Change a tool's declaration. Its version grows, so permits for the old one are refused.

    Raises Forbidden, and Invalid for an unknown field or a bad declaration.
    """
    access.require(actor, Capability.CONFIGURE)
    unknown = sorted(changes.keys() - DECLARED)
    if unknown:
        raise Invalid(f"A tool has no {', '.join(unknown)}.", code="unknown_field")
    before = {name: getattr(tool, name) for name in changes}
    for name, value in changes.items():
        setattr(tool, name, value)
    _check(tool)
    if {"phrases", "args_schema"} & changes.keys():  # others, as turning it off, always go through
        check_phrases(tool)
    # Counted in SQL, so that two changes at the same time give two versions.
    Tool.objects.filter(pk=tool.pk).update(
        **changes, version=F("version") + 1, changed_at=clock.now()
    )
    tool.refresh_from_db(fields=["version", "changed_at"], from_queryset=Tool.objects.all())
    if {"same_as", "same_days"} & changes.keys():
        update_past_keys(tool)
    record(Verb.TOOL_CHANGED, tool, actor=actor, before=before, after=changes)
    return tool


def _check(tool: Tool) -> None:
    """Raise Invalid unless the tool is declared as it may be. At most two queries."""
    names = named_tools(tool)
    others = {one.name: one for one in Tool.objects.filter(name__in=names)} if names else {}
    check_declaration(tool, others)
    lookup().check_settings(tool)
    check_secrets(tool)


def check_args(tool: Tool, args: dict[str, Any], typed: Collection[str] = ()) -> None:
    """Raise Invalid, naming the argument, unless the arguments fit the tool's schema.

    A property the schema doesn't name is refused at every level, whatever the schema says. Formats,
    as of an address, are checked only in arguments that a person ``typed``.
    """
    found = schema_validation.errors(closed(tool.args_schema), args, formats=True)
    for error in sorted(found, key=lambda one: one.message):
        if error.validator == "format" and next(iter(error.absolute_path), "") not in typed:
            continue
        where = ".".join(str(part) for part in error.absolute_path) or "the arguments"
        raise Invalid(
            f"{tool.title}: {where}: {_said(error)}",
            code="bad_args",
            field=where,
            rule=str(error.validator),
            limit=error.validator_value,
        )


def _said(error: ValidationError) -> str:
    """Return the error for people: a form is described, not quoted as a pattern."""
    if error.validator in ("pattern", "format"):
        return f"“{str(error.instance)[:80]}” is not in the form the tool takes."
    return error.message


def live_tools() -> list[Tool]:
    """Return the tenant's enabled tools by name."""
    return list(Tool.objects.filter(enabled=True).order_by("name"))


def known_tools(tools: list[Tool]) -> list[Known]:
    """Return the tools in the shape that never-rules are checked against."""
    return [
        Known(
            t.name,
            t.kind or "",
            frozenset(t.args_schema.get("properties", {})),
            asks_outside=t.asks_outside,
        )
        for t in tools
    ]
