"""The ladder's verdict on a tool call is worked out from all rules that hold now.

The engine hands in the workflow's side (rungs, rules, whether it is paused) as a ``WorkflowGate``;
the side of the provider and the tenant is read here.
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
    """The rules of provider and tenant: rungs, never-rules, stop switches, policies."""

    rungs: tuple[str, ...]
    rules: tuple[Rule, ...]
    stopped: tuple[str, ...]
    policies: tuple[PolicyTerms, ...]
    tenant: Tenant


def gate_context() -> GateContext:
    """Read the gate context of the current tenant."""
    return context_of(tenant_rules())


def context_of(found: TenantRules) -> GateContext:
    """Return the gate context of tenant rules that were read already."""
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
    """Return the ladder's verdict on calling ``tool`` with ``args`` in this workflow now.

    Without ``context`` the tenant's rules are read.
    """
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
    """Return whether a rule or a rung refuses this call, whatever a person does about it now.

    A stop switch does not count, because the call may be asked for again after its release.
    """
    running, released = replace(workflow, stopped=""), replace(context, stopped=())
    outcome = verdict_on(running, tool, args, context=released).outcome
    return outcome not in (ladder.Outcome.PERMIT, ladder.Outcome.ALLOW)


def policy_of(workflow_rung: str, context: GateContext) -> str:
    """Return the fingerprint of the rungs and never-rules in force, which a permit stores."""
    return sha256(
        {
            "rungs": [*context.rungs, workflow_rung],
            "never": [rule.sentence() for rule in context.rules],
        }
    )
