"""Planting rules: which items may be copied, how often, and with which mistakes."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from approvals.gate import verdict as gate
from approvals.models import Planted, Proposal, ReviewItem
from approvals.queries import Case
from approvals.review.approval import policy_actions
from approvals.review.services import Action
from approvals.rules.ladder import Outcome
from approvals.rules.policy_terms import PolicyAction, fitting
from tenants import clock
from tenants.errors import Refused
from tenants.models import Tenant

A_WEEK, MOST_A_WEEK = timedelta(days=7), 2
KINDS = ("draft", "proposal")


def planting_problem(case: Case, tenant: Tenant) -> str:
    """Return why no copy of an item can be planted; empty where one can. One query."""
    item = case.item
    if tenant.planting_agreed_at is None:
        return "The client's owner has not agreed to planted mistakes."
    if item.planted or item.status != "decided" or item.kind not in KINDS:
        return "Only a copy of a draft or an action that was decided can be planted."
    acts = originals(case.proposals)
    assert case.tenant_rules is not None
    if fitting(case.tenant_rules.policies, item.workflow_id, policy_actions(acts)):
        return "A policy decides about items like this; none is planted there yet."
    lately = Planted.objects.filter(planted_at__gt=clock.now() - A_WEEK)
    rows = list((lately | Planted.objects.filter(outcome="")).values_list("outcome", "planted_at"))
    if any(outcome == "" for outcome, _ in rows):
        return "One planted item waits already. Plant another once that one is answered."
    if len(rows) >= MOST_A_WEEK:
        return f"{MOST_A_WEEK} in a week are the most for one client."
    return ""


def originals(proposals: Iterable[Proposal]) -> list[Proposal]:
    """Return each action as it was first proposed, without people's edits."""
    first: dict[int, Proposal] = {}
    for proposal in proposals:
        known = first.get(proposal.position)
        if known is None or proposal.revision < known.revision:
            first[proposal.position] = proposal
    return [first[position] for position in sorted(first)]


def first_draft(item: ReviewItem) -> dict[str, Any]:
    """Return the draft as it was first opened, without people's edits."""
    edited = item.revisions.order_by("number").first()
    found: dict[str, Any] = edited.draft if edited else item.draft
    return found


def require_plausible(case: Case, actions: Iterable[Action], workflow: gate.WorkflowGate) -> None:
    """Raise Refused for actions that the ladder refuses or a policy fits: they would stand out."""
    assert case.tenant_rules is not None
    context = gate.context_of(case.tenant_rules)
    for action in actions:
        verdict = gate.verdict_on(workflow, action.tool, action.args, context=context)
        if verdict.outcome is not Outcome.PERMIT:
            why = f"This workflow would never ask for that. {verdict.why}"
            raise Refused(f"{why} Make another mistake.", code="not_planted")
    acts = [PolicyAction(a.tool.name, a.tool.kind or "", a.args) for a in actions]
    if fitting(case.tenant_rules.policies, workflow.workflow_id, acts):
        raise Refused(
            "With that a policy decides about it; none is planted there yet.", code="not_planted"
        )
