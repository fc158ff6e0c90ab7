"""A person decides about an item once, if they may, on exactly the content they saw."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from approvals.decisions.permits import issue
from approvals.gate import verdict
from approvals.models import (
    Decision,
    DecisionChoice,
    ItemRevision,
    Planted,
    Proposal,
    ReviewItem,
    SignOff,
)
from approvals.policies import signoffs
from approvals.quality import planting, second_looks
from approvals.queries import Case, get_case
from approvals.review import checks
from approvals.review.approval import ApprovalState, approval_state_of, policy_actions
from approvals.review.corrections import Corrections, args_with, corrections, title_with
from approvals.review.services import Action, propose
from approvals.rules.choice import Choice as Choice
from approvals.rules.phrases import show
from approvals.rules.policy_terms import PolicyAction
from approvals.rules.reasons import REASONS
from approvals.text.edit_distance import words_changed
from approvals.workflow_lookup import lookup
from audit import outbox
from audit.canonical import canonical
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.ids import uuid7
from tenants.roles import Capability


def decide(
    item_id: UUID, chosen: Choice, *, actor: Actor
) -> Decision | SignOff | ItemRevision | Planted:
    """Decide about an item; permits follow from an acceptance in the same transaction.

    Where a policy needs several people, an acceptance returns a SignOff and a correction an
    ItemRevision, until the last one's yes returns the Decision. An answer to a planted item returns
    its Planted row, and nothing follows.

    Raises NotFound; Forbidden for people who may not decide; Conflict where the item was decided,
    expired, or changed since it was seen; Invalid for a bad choice, reason or edit; Refused for a
    yes to actions that could not be carried out now.
    """
    case, state = _read_case(item_id)
    item = case.item
    agrees = chosen.choice in ("accept", "correct")
    if state is None:
        access.require(actor, item.capability, item.workflow_id)
    checks.require_choice(item, chosen.choice, chosen.content_hash, chosen.reason, chosen.words)
    if state is not None:
        signoffs.require_signer(state, actor, agrees=chosen.choice == "accept")
    proposals = [p for p in case.proposals if p.status == "proposed"]
    if agrees:
        checks.require_unchanged(case, proposals)
        if chosen.is_one_of_many:
            checks.require_agreement(item, proposals)
    changed: Corrections = {}
    if chosen.choice == "correct":
        changed = corrections(item, proposals, chosen.draft, chosen.args)
    if agrees:
        checks.require_permitted(case, proposals, changed)
        terms = state.terms if state else None
        known = checks.require_repeats_known(case, proposals, changed, terms, chosen)
        case = replace(case, known=frozenset(known))
    if item.planted:
        return planting.answer_planted(
            item, proposals, planting.PlantedAnswer.of(chosen, changed), actor=actor
        )
    if chosen.choice == "correct":
        state = _after_edit(case, proposals, changed, actor)
        if state is None:  # the edit fits no policy, so the role must allow the decision
            access.require(actor, Capability.DECIDE, item.workflow_id)
    if agrees and state is not None and not state.is_enough_with(actor.person_id):
        made = _keep_for_others(case, state, chosen, proposals, changed, actor)
        unit_of_work.send_kept()
        return made
    return _write_decision(case, state, chosen, proposals, changed, actor)


def _write_decision(
    case: Case,
    state: ApprovalState | None,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    actor: Actor,
) -> Decision:
    """Write the decision, move the item and its proposals, and enqueue the jobs that follow."""
    assert case.tenant_rules is not None
    item = case.item
    # All checks were made above: from here on the decision is written as a whole or not at all.
    _mark_decided(item, chosen, title_with(item, proposals, changed), actor)
    decision = _decision(item, chosen, proposals, changed, actor)
    decision.follows_at = _follows_at(case, chosen)
    if state is not None and chosen.choice == "accept":
        _mark_corrected(decision, item)
    unit_of_work.insert(decision)
    _apply_to_proposals(case, state, chosen, proposals, changed, decision, actor)
    outbox.enqueue(
        "item.closed",
        item.pk,
        due_at=decision.follows_at,
        priority=outbox.Priority.INTERACTIVE,
        row_id=decision.pk,  # by which ``withdraw_decision`` finds and deletes the job
    )
    if second_looks.needs_second_look(item, case.tenant_rules.tenant):
        outbox.enqueue(second_looks.TOPIC, item.pk, due_at=decision.follows_at)
    unit_of_work.send_kept()  # raise a lost race here, not at the end of the caller's scope
    return decision


def _read_case(item_id: UUID) -> tuple[Case, ApprovalState | None]:
    """Read the item and its approval state. Under a policy the item is locked first."""
    case = get_case(item_id)
    if _approval_state(case, case.proposals) is None:
        return case, None
    signoffs.lock_item(item_id)
    # Read again under the lock: another person may have signed or edited in between.
    case = get_case(item_id)
    return case, _approval_state(case, case.proposals)


def _approval_state(case: Case, proposals: list[Proposal]) -> ApprovalState | None:
    assert case.tenant_rules is not None
    if case.item.planted:  # a policy made later closes it soon; until then roles decide
        return None
    acts = policy_actions(p for p in proposals if p.status == "proposed")
    return approval_state_of(case.item, acts, case.tenant_rules.policies)


def _after_edit(
    case: Case, proposals: list[Proposal], changed: Corrections, actor: Actor
) -> ApprovalState | None:
    """Return the state for a person's version: another policy may fit, as of larger amounts."""
    assert case.tenant_rules is not None
    acts = [PolicyAction(p.tool_name, p.kind, args_with(p, changed)) for p in proposals]
    found = approval_state_of(case.item, acts, case.tenant_rules.policies)
    return found.edited(actor.person_id) if found else None


def _keep_for_others(
    case: Case,
    state: ApprovalState,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    actor: Actor,
) -> SignOff | ItemRevision:
    """Store this person's sign-off, or their version, until the policy's other people agree."""
    item, left = case.item, state.left_after(actor.person_id)
    if chosen.choice == "accept":
        return signoffs.sign(item, actor, chosen.seconds, left)
    edits, distance = _edits(item, chosen, proposals, changed)
    now = [_corrected_proposal(case, p, changed.get(p.position), actor) for p in proposals]
    for position in changed:
        lookup().ask_for_preview(next(p for p in now if p.position == position))
    made = signoffs.revise(item, now, chosen.draft, edits, distance, actor)
    title = title_with(item, proposals, changed)
    unit_of_work.update(item, {"policy_id": state.terms.id, "title": title})
    if state.may_sign(actor.person_id):
        signoffs.sign(item, actor, chosen.seconds, left)
    return made


def _mark_corrected(decision: Decision, item: ReviewItem) -> None:
    """Set the choice to "correct" for an item with revisions, whoever agreed last."""
    edits = list(item.revisions.all())
    if not edits:
        return
    decision.choice = "correct"
    decision.edit_distance = sum(one.edit_distance for one in edits)
    if any("draft" in one.edits for one in edits):
        decision.edits = {**decision.edits, "draft": item.text_draft.words}
    unit_of_work.update(item, {"choice": "correct"})


def _mark_decided(item: ReviewItem, chosen: Choice, title: str, actor: Actor) -> None:
    """Move the item to "decided" with a guard on status and content, so that one decider wins."""
    move(
        item,
        "decided",
        actor=actor,
        verb=DecisionChoice(chosen.choice).verb,
        reason=" ".join(filter(None, (REASONS.get(chosen.reason, ""), chosen.words))),
        only_if={"content_hash": chosen.content_hash},
        choice=chosen.choice,
        reason_code=chosen.reason,
        decided_at=clock.now(),
        decided_by_id=actor.id,
        title=title,
    )


def _decision(
    item: ReviewItem,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    actor: Actor,
) -> Decision:
    edits, distance = _edits(item, chosen, proposals, changed)
    return Decision(
        id=uuid7(),
        item=item,
        choice=chosen.choice,
        by_id=actor.person_id,
        role=actor.role,
        at=clock.now(),
        content_hash=chosen.content_hash,
        edits=canonical(edits),
        edit_distance=distance,
        reason=chosen.reason,
        words=chosen.words,
        seconds=chosen.seconds,
        round=item.round,
    )


def _follows_at(case: Case, chosen: Choice) -> datetime | None:
    """Return until when the decision can be withdrawn; None where jobs follow at once."""
    assert case.tenant_rules is not None
    seconds = case.tenant_rules.tenant.take_back_seconds
    if chosen.choice == "resolve" or not seconds:
        return None
    return clock.now() + timedelta(seconds=seconds)


def _edits(
    item: ReviewItem, chosen: Choice, proposals: list[Proposal], changed: Corrections
) -> tuple[dict[str, Any], int]:
    """Return the person's edits, and how many words they changed."""
    edits: dict[str, Any] = dict(chosen.given)
    distance = 0
    if chosen.choice == "correct" and chosen.draft is not None:
        edits["draft"] = chosen.draft
        distance += words_changed(item.text_draft.words, chosen.draft)
    for proposal in proposals:
        for name, value in changed.get(proposal.position, {}).items():
            edits.setdefault("proposals", {}).setdefault(str(proposal.position), {})[name] = value
            if value != chosen.draft:  # the same edit is counted once
                distance += words_changed(show(proposal.args.get(name, "")), show(value))
    return edits, distance


def _apply_to_proposals(
    case: Case,
    state: ApprovalState | None,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    decision: Decision,
    actor: Actor,
) -> None:
    """Approve the proposals and issue their permits, or reject them."""
    assert case.tenant_rules is not None
    context = verdict.context_of(case.tenant_rules)
    for proposal in proposals:
        if chosen.choice in ("accept", "correct"):
            approved = _corrected_proposal(case, proposal, changed.get(proposal.position), actor)
            move(approved, "approved", actor=actor, verb=Verb.PROPOSAL_APPROVED)
            terms, signers = (state.terms.mark, state.signed) if state else ("", ())
            issue(approved, decision, context, terms, signers, case.known)
        else:
            move(proposal, "rejected", actor=actor, verb=Verb.PROPOSAL_CLOSED)


def _corrected_proposal(
    case: Case, proposal: Proposal, changed: dict[str, Any] | None, actor: Actor
) -> Proposal:
    """Return the next revision of a proposal with a person's arguments: new content, new hash."""
    if not changed:
        return proposal
    merged = {**proposal.args, **changed}
    action = Action(proposal.step, proposal.tool, merged, proposal.sources, proposal.rung)
    move(proposal, "superseded", actor=actor)
    # Revisions of withdrawn decisions keep their numbers.
    last = max(p.revision for p in case.proposals if p.position == proposal.position)
    corrected = propose(proposal.item, proposal.position, action, last + 1)
    unit_of_work.insert(corrected)
    return corrected
