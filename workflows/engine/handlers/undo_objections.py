"""Objections to an undo and to the check before it, asked before each try of its call."""

from typing import Any

from approvals.decisions import permits
from approvals.gate import undo_declaration
from approvals.gate import verdict as gate
from approvals.models import Proposal, Tool, UndoDraft
from approvals.queries import Case
from approvals.rules.ladder import Outcome
from tenants import clock
from tenants.errors import DomainError
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.state.context import Context


def check_tool(act: Proposal) -> Tool:
    """Return the tool that is asked before an undo. Raises DomainError where it is gone."""
    name = act.tool.undo_check["tool"]
    tool = Tool.objects.filter(name=name, enabled=True, effect="read").first()
    if tool is None:
        raise DomainError(f"{name}, which is asked before an undo, is gone.")
    return tool


def undo_call_objection(context: Context, case: Case, proposal: Proposal, act: Proposal) -> str:
    """Return the objection to an undo's call, checked before each try; empty for none."""
    end = undo_declaration.undo_until(act)
    if act.status != "executed" or (end is not None and clock.now() >= end):
        return "The time to undo it has run out."
    if _has_changed(case, act.tool):
        return f"{act.tool.title} was changed after the undo was asked for."
    return permits.permit_objection(
        proposal, context.workflow_gate(act.step), case, context.gate_context
    )


def undo_check_objection(context: Context, case: Case, tool: Tool, args: dict[str, Any]) -> str:
    """Return the objection to the check before an undo; empty for none."""
    if _has_changed(case, tool) or not tool.enabled:
        return f"{tool.title}, which is asked first, was changed after the undo was asked for."
    verdict = gate.verdict_on(context.workflow_gate(), tool, args, context=context.gate_context)
    if verdict.outcome is not Outcome.ALLOW:
        return verdict.why
    return obstacle(tool, args, context.tenant, case.secrets)


def _has_changed(case: Case, tool: Tool) -> bool:
    """Whether a tool's version is another than the one the undo was requested for."""
    bound = UndoDraft.read(case.item.draft).versions.get(tool.name)
    return bool(bound != tool.version)
