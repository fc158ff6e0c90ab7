"""The undo of an action, as its tool declares it: until when, by which tool, after which check."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.models import Proposal, Tool
from approvals.rules import expressions
from audit.canonical import canonical


@dataclass(frozen=True, slots=True)
class Undo:
    """A possible undo of an action: the tool, its exact arguments, and its deadline."""

    undoes: Proposal
    tool: Tool
    args: dict[str, Any]
    until: datetime | None


def undo_until(proposal: Proposal) -> datetime | None:
    """Return when the time to undo an executed action ends; None where it does not end."""
    hours = proposal.tool.undo_hours
    return proposal.executed_at + timedelta(hours=hours) if hours and proposal.executed_at else None


def possible_undos(proposals: Iterable[Proposal], now: datetime) -> list[Undo]:
    """Return the undos of these actions that may be made now, the last action first.

    Actions that are not executed, declare no undo tool, or whose time is over are left out. One
    query, or none.
    """
    open_ = [
        p
        for p in proposals
        if p.status == "executed"
        and p.tool.undo_tool
        and ((end := undo_until(p)) is None or now < end)
    ]
    if not open_:
        return []
    names = {p.tool.undo_tool for p in open_}
    tools = {tool.name: tool for tool in Tool.objects.filter(name__in=names, enabled=True)}
    return [
        Undo(act, tool, undo_arguments(act, tool), undo_until(act))
        for act in sorted(open_, key=lambda act: -act.position)
        if (tool := tools.get(act.tool.undo_tool))
    ]


def tool_versions(found: Iterable[Undo]) -> dict[str, int]:
    """Return by name the versions of the tools that declare these undos and their checks.

    An undo is bound to these versions: after a change of a tool it is another undo than was asked
    for.
    """
    acted = {one.undoes.tool.name: one.undoes.tool for one in found}
    asked = {tool.undo_check["tool"] for tool in acted.values() if tool.undo_check}
    readers = Tool.objects.filter(name__in=asked) if asked else ()
    return {tool.name: tool.version for tool in (*acted.values(), *readers)}


def undo_arguments(proposal: Proposal, tool: Tool) -> dict[str, Any]:
    """Return the undo tool's arguments. Raises Invalid where they can't be worked out."""
    if not proposal.tool.undo_args:
        known = tool.args_schema.get("properties", {})
        return {name: value for name, value in proposal.args.items() if name in known}
    names = _names(proposal)
    worked_out = {
        name: expressions.evaluate(source, names)
        for name, source in proposal.tool.undo_args.items()
    }
    return dict(canonical(worked_out))


def check_arguments(proposal: Proposal) -> dict[str, Any]:
    """Return the arguments of the check that is made before the undo of ``proposal``."""
    names = _names(proposal)
    given = proposal.tool.undo_check.get("args", {})
    return dict(canonical({n: expressions.evaluate(source, names) for n, source in given.items()}))


def undo_objection(proposal: Proposal, found: dict[str, Any]) -> str:
    """Return why the action can't be undone, given the check's result; empty where it can."""
    declared = proposal.tool.undo_check
    if expressions.evaluate(declared["if"], _names(proposal) | {"found": found}) is True:
        return ""
    return str(declared.get("why") or "It changed outside since, so it can't be undone.")


def _names(proposal: Proposal) -> dict[str, Any]:
    return {"args": proposal.args, "result": proposal.result or {}}
