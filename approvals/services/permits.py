"""Permits: issued by a decision, redeemed once, every condition checked again."""

from collections.abc import Iterator
from datetime import timedelta

from approvals import gate
from approvals.ladder import Outcome
from approvals.models import Decision, Permit, Proposal
from approvals.reading import Case
from approvals.sources import not_current
from audit.canonical import sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock, writing
from tenants.actors import SYSTEM, Actor
from tenants.ids import uuid7
from tenants.roles import Capability

LIFETIME = timedelta(hours=24)


def issue(proposal: Proposal, decision: Decision, above: gate.House) -> Permit:
    """Give the right to execute exactly this content, once, within LIFETIME."""
    permit = Permit(
        id=uuid7(),
        proposal=proposal,
        decision=decision,
        tool_name=proposal.tool_name,
        tool_version=proposal.tool_version,
        args_hash=proposal.args_hash,
        policy=gate.policy_of(proposal.rung, above),
        sources=proposal.sources,
        approver_id=decision.by_id,
        issued_at=clock.now(),
        expires_at=clock.now() + LIFETIME,
    )
    writing.insert(permit)
    return permit


def redeem(proposal: Proposal, lane: gate.Lane, case: Case, above: gate.House) -> str:
    """Use the permit up in the transaction that claims the effect.

    ``case`` and ``above`` were read in that transaction. Of two redeemers one gets past
    the permit's guard; the other's transaction fails. Returns an empty string when the
    effect may be carried out now; otherwise the sentence that says why not, with the
    permit void and the proposal refused.
    """
    permit = case.permits.get(proposal.pk)
    if permit is None:
        why = "No open permit: it was used or withdrawn."
        move(proposal, "refused", actor=SYSTEM)
        record(Verb.PERMIT_REFUSED, proposal, actor=SYSTEM, reason=why)
        return why
    for why in _objections(permit, proposal, lane, case, above):
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


def _objections(
    permit: Permit, proposal: Proposal, lane: gate.Lane, case: Case, above: gate.House
) -> Iterator[str]:
    """Sentences against redeeming, cheapest question first."""
    if clock.now() >= permit.expires_at:
        yield "The approval ran out before this could be done."
    tool = proposal.tool
    if not tool.enabled or (tool.name, tool.version) != (permit.tool_name, permit.tool_version):
        yield f"{tool.title} was changed after the approval."
    if permit.args_hash != proposal.args_hash or sha256(proposal.args) != permit.args_hash:
        yield "What would be done is not what was approved."
    if not _still_may(case.approver, permit, lane):
        yield "The person who approved this may no longer approve it."
    verdict = gate.ask(lane, tool, proposal.args, above=above)
    if verdict.outcome is not Outcome.PERMIT:
        yield verdict.why
    if title := not_current(permit.sources, case.sources):
        yield f"{title} changed or went stale after the approval."


def _still_may(approver: Actor | None, permit: Permit, lane: gate.Lane) -> bool:
    """Whether whoever approved is still here and may still approve in this workflow."""
    if approver is None or approver.id != permit.approver_id:
        return False
    return access.may(approver, Capability.DECIDE, lane.workflow_id)
