"""Permits: issued by a decision, redeemed once, every condition checked again."""

from collections.abc import Iterator
from datetime import timedelta

from approvals import gate
from approvals.ladder import Outcome
from approvals.models import Decision, Permit, Proposal
from approvals.sources import not_current
from audit.canonical import sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM
from tenants.ids import uuid7
from tenants.roles import Capability
from tenants.scope import current_tenant_id

LIFETIME = timedelta(hours=24)


def issue(proposal: Proposal, decision: Decision) -> Permit:
    """Give the right to execute exactly this content, once, within LIFETIME."""
    permit = Permit(
        id=uuid7(),
        proposal=proposal,
        decision=decision,
        tool_name=proposal.tool_name,
        tool_version=proposal.tool_version,
        args_hash=proposal.args_hash,
        policy=gate.policy_of(proposal.rung, gate.house()),
        sources=proposal.sources,
        approver_id=decision.by_id,
        issued_at=clock.now(),
        expires_at=clock.now() + LIFETIME,
    )
    Permit.objects.bulk_create([permit])
    return permit


def redeem(proposal: Proposal, lane: gate.Lane) -> str:
    """Use the permit up in the transaction that claims the effect.

    Returns an empty string when the effect may be carried out now; otherwise the
    sentence that says why not, with the permit void and the proposal refused.
    """
    permit = Permit.objects.select_for_update().filter(proposal=proposal, status="open").first()
    if permit is None:
        why = "No open permit: it was used or withdrawn."
        move(proposal, "refused", actor=SYSTEM)
        record(Verb.PERMIT_REFUSED, proposal, actor=SYSTEM, reason=why)
        return why
    for why in _objections(permit, proposal, lane):
        move(permit, "void", actor=SYSTEM, void_because=why[:300])
        move(proposal, "refused", actor=SYSTEM)
        record(Verb.PERMIT_REFUSED, proposal, actor=SYSTEM, reason=why)
        return why
    move(permit, "redeemed", actor=SYSTEM, redeemed_at=clock.now())
    move(
        proposal,
        "executing",
        actor=SYSTEM,
        verb=Verb.EFFECT_STARTED,
        reason=f"Permit {permit.pk}",
    )
    return ""


def _objections(permit: Permit, proposal: Proposal, lane: gate.Lane) -> Iterator[str]:
    """Sentences against redeeming, cheapest question first."""
    if clock.now() >= permit.expires_at:
        yield "The approval ran out before this could be done."
    tool = proposal.tool
    if not tool.enabled or (tool.name, tool.version) != (permit.tool_name, permit.tool_version):
        yield f"{tool.title} was changed after the approval."
    if permit.args_hash != proposal.args_hash or sha256(proposal.args) != permit.args_hash:
        yield "What would be done is not what was approved."
    approver = access.person_now(permit.approver_id, current_tenant_id())
    if approver is None or not access.may(approver, Capability.DECIDE, lane.workflow_id):
        yield "The person who approved this may no longer approve it."
    verdict = gate.ask(lane, tool, proposal.args)
    if verdict.outcome is not Outcome.PERMIT:
        yield verdict.why
    if title := not_current(permit.sources):
        yield f"{title} changed or went stale after the approval."
