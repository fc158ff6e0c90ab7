"""Permits are issued by a decision and redeemed once, when every condition is checked again."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from approvals.gate import verdict as gate
from approvals.gate.done_before import find_earlier
from approvals.gate.freshness import first_outdated
from approvals.models import Decision, Permit, Proposal
from approvals.queries import Case, case_to_perform, people, tenant_rules
from approvals.review.approval import board_from, policy_actions
from approvals.rules.ladder import Outcome
from approvals.rules.policy_terms import PolicyTerms, fitting
from approvals.workflow_lookup import lookup
from audit.canonical import sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import Refused
from tenants.ids import uuid7
from tenants.roles import Capability
from tenants.scope import lock_key

LIFETIME = timedelta(hours=24)
NO_PERMIT = "No open permit: it was used or withdrawn."


def issue(
    proposal: Proposal,
    decision: Decision,
    context: gate.GateContext,
    terms: str = "",
    signers: Sequence[UUID] = (),
    knew: Collection[UUID] = (),
) -> Permit:
    """Insert a permit to execute exactly this proposal once, within LIFETIME.

    ``terms`` marks the policy the proposal was approved under; empty where roles alone decided.
    ``signers`` are the people who had signed exactly this content, besides the one who decided.
    ``knew`` are ids of items whose earlier actions were the same, as the item's page said. Raises
    Refused for a planted proposal, which is never carried out.
    """
    if proposal.planted:
        raise Refused("This was planted: it is never carried out.", code="planted")
    permit = Permit(
        id=uuid7(),
        proposal=proposal,
        decision=decision,
        tool_name=proposal.tool_name,
        tool_version=proposal.tool_version,
        args_hash=proposal.args_hash,
        policy=gate.policy_of(proposal.rung, context),
        terms=terms,
        sources=proposal.sources,
        approver_id=decision.by_id,
        signers=[str(one) for one in dict.fromkeys((*signers, decision.by_id))],
        knew=[str(one) for one in knew],
        issued_at=clock.now(),
        expires_at=clock.now() + LIFETIME,
    )
    unit_of_work.insert(permit)
    return permit


def redeem(
    proposal: Proposal, workflow: gate.WorkflowGate, case: Case, context: gate.GateContext
) -> str:
    """Redeem the proposal's permit in the transaction that starts the effect.

    ``case`` and ``context`` must be read in that transaction. Of two workers that redeem at once,
    one passes the permit's guarded update; the transaction of the other fails. Return an empty
    string where the effect may be carried out now; otherwise the sentence that says why not: then
    the proposal is refused, and a permit that was open is void.
    """
    permit = case.permits.get(proposal.pk)
    if permit is None or permit.status != "open":
        why = NO_PERMIT
        move(proposal, "refused", actor=SYSTEM)
        record(Verb.PERMIT_REFUSED, proposal, actor=SYSTEM, reason=why)
        return why
    if proposal.same_key:
        lock_key(proposal.same_key)  # a lock: of two equal actions the second sees the first
    for why in _objections(permit, proposal, workflow, case, context):
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


def prolong(item_id: UUID, waited: timedelta) -> None:
    """Move the end of an item's permits by the time that a question of a tool waited for people.

    The actions that come after the one that asks wait as long. Everything else that stands against
    a call is asked before its next try.
    """
    rows = Permit.objects.filter(
        proposal__item_id=item_id, status__in=("open", "redeemed"), void_because=""
    )
    rows.update(expires_at=F("expires_at") + waited)


def needs_apart(item_id: UUID, person: UUID) -> bool:
    """Return whether an approved item would need others, were this person set apart.

    That is so where its policy keeps those who shaped it from approving it, and this person did.
    """
    case = case_to_perform(item_id)
    if case is None or not case.permits:
        return False
    terms = _fitting_terms(case, tenant_rules().policies)
    if terms is None or not terms.apart:
        return False
    board = board_from(people(), case.item, terms)
    board = replace(board, apart=board.apart | {person})
    signed = [UUID(one) for permit in case.permits.values() for one in permit.signers]
    return person in signed and any(board.missing(terms, list(dict.fromkeys(signed))))


def permit_objection(
    proposal: Proposal, workflow: gate.WorkflowGate, case: Case, context: gate.GateContext
) -> str:
    """Return why an approved action must not be called for now; empty where it may be.

    Checked before every try, also after the permit was redeemed. Writes nothing.
    """
    permit = case.permits.get(proposal.pk)
    wanted = {"approved": "open", "executing": "redeemed"}.get(proposal.status)
    if permit is None or permit.status != wanted:
        return NO_PERMIT
    return next(_objections(permit, proposal, workflow, case, context), "")


def _objections(
    permit: Permit,
    proposal: Proposal,
    workflow: gate.WorkflowGate,
    case: Case,
    context: gate.GateContext,
) -> Iterator[str]:
    """Yield the objections to making this call now, the cheapest check first."""
    if clock.now() >= permit.expires_at:
        yield "The approval ran out before this could be done."
    if proposal.planted:
        yield "This was planted: it is never carried out."
    tool = proposal.tool
    if not tool.enabled or (tool.name, tool.version) != (permit.tool_name, permit.tool_version):
        yield f"{tool.title} was changed after the approval."
    if permit.args_hash != proposal.args_hash or sha256(proposal.args) != permit.args_hash:
        yield "What would be done is not what was approved."
    terms = _fitting_terms(case, context.policies)
    if permit.terms != (terms.mark if terms else ""):
        yield "The policy for this was changed after the approval."
    elif not _approvers_still_may(case, permit, workflow, terms):
        yield "The person who approved this may no longer approve it."
    verdict = gate.verdict_on(workflow, tool, proposal.args, context=context)
    if verdict.outcome is not Outcome.PERMIT:
        yield verdict.why
    if title := first_outdated(permit.sources, case.sources):
        yield f"{title} changed or went stale after the approval."
    for done in find_earlier(proposal.same_key, tool, but_item=proposal.item_id):
        if (terms is not None and terms.refuse_same) or str(done.item_id) not in permit.knew:
            yield f"The same was done before. {done.sentence(context.tenant)}"
    if why := lookup().obstacle(tool, proposal.args, context.tenant, case.secrets):
        yield why


def _fitting_terms(case: Case, policies: Iterable[PolicyTerms]) -> PolicyTerms | None:
    """Return the policy that fits the actions as approved, without replaced ones.

    An undo is asked for by one person, whatever the policy of the action it undoes.
    """
    if case.item.kind == "undo":
        return None
    stand = [p for p in case.proposals if p.status != "superseded"]
    return fitting(policies, case.item.workflow_id, policy_actions(stand))


def _approvers_still_may(
    case: Case, permit: Permit, workflow: gate.WorkflowGate, terms: PolicyTerms | None
) -> bool:
    """Return whether the approvers would be enough now, by the policy or else by role."""
    approver = case.approver
    if approver is None or approver.id != permit.approver_id:
        return False
    if terms is None:
        return access.may(approver, Capability.DECIDE, workflow.workflow_id)
    board = board_from(people(), case.item, terms)
    signed = [UUID(one) for one in permit.signers] or [permit.approver_id]
    return not any(board.missing(terms, signed))
