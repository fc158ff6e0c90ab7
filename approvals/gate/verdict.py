"""Asking the ladder with everything that holds now.

The workflow's side (its rungs, its rules, whether it is paused) is handed in by
the engine as a ``WorkflowGate``; the provider's and the tenant's side is read here.
"""

from dataclasses import dataclass, replace
from typing import Any

from approvals.models import Tool
from approvals.queries import TenantRules, tenant_rules
from approvals.rules import ladder
from approvals.rules.never import Rule, Subject, broken_rules
from approvals.rules.policy_terms import PolicyTerms
from approvals.workflow_lookup import WorkflowGate as WorkflowGate
from audit.canonical import sha256
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class GateContext:
    """What holds above the workflow: rungs, rules, switches and policies."""

    rungs: tuple[str, ...]
    rules: tuple[Rule, ...]
    stopped: tuple[str, ...]
    policies: tuple[PolicyTerms, ...]
    tenant: Tenant


def gate_context() -> GateContext:
    """Read what holds in the tenant of the scope now."""
    return context_of(tenant_rules())


def context_of(found: TenantRules) -> GateContext:
    """What these rows say holds above the workflow."""
    provider, tenant = found.provider, found.tenant
    stopped = []
    if provider and provider.stopped_at:
        stopped.append(f"{provider.name} has stopped all work.")
    if tenant.is_stopped:
        stopped.append(f"{tenant.name} has stopped everything.")
    rungs = (provider.rung if provider else "never_execute", tenant.rung)
    rules = tuple(rule.rule() for rule in found.never)
    return GateContext(rungs, rules, tuple(stopped), found.policies, tenant)


def verdict_on(
    workflow: WorkflowGate, tool: Tool, args: dict[str, Any], *, context: GateContext | None = None
) -> ladder.Verdict:
    """What the ladder says of calling ``tool`` with ``args`` in this lane now."""
    context = context or gate_context()
    stopped = context.stopped + ((workflow.stopped,) if workflow.stopped else ())
    subject = Subject(tool.name, tool.kind or "", args)
    facts = ladder.LadderInput(
        rungs=context.rungs + workflow.rungs,
        stopped=stopped,
        never=broken_rules((*context.rules, *workflow.never), subject),
    )
    return ladder.verdict_of(tool.effect, tool.kind, facts)


def is_forbidden(
    workflow: WorkflowGate, tool: Tool, args: dict[str, Any], context: GateContext
) -> bool:
    """Whether a rule or a rung refuses this whatever anybody does about it now.

    What a switch holds may be asked for again once it is released.
    """
    running, released = replace(workflow, stopped=""), replace(context, stopped=())
    return verdict_on(running, tool, args, context=released).outcome is not ladder.Outcome.PERMIT


def policy_of(workflow_rung: str, context: GateContext) -> str:
    """The fingerprint of the rules in force, for a permit to name."""
    return sha256(
        {
            "rungs": [*context.rungs, workflow_rung],
            "never": [rule.sentence() for rule in context.rules],
        }
    )
