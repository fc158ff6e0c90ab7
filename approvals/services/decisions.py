"""Deciding: once, by a person who may, about exactly what they saw."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from approvals import gate
from approvals.edits import words_changed
from approvals.models import Decision, Proposal, ReviewItem, content_of
from approvals.phrases import show
from approvals.reading import Case, to_decide
from approvals.reasons import REASONS
from approvals.services.corrections import Corrections, corrections
from approvals.services.permits import issue
from approvals.services.review import Action, propose
from approvals.sources import not_current
from audit import outbox
from audit.canonical import canonical, sha256
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock, writing
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tenants.ids import uuid7
from tenants.roles import Capability

VERBS = {
    "accept": Verb.ITEM_ACCEPTED,
    "correct": Verb.ITEM_CORRECTED,
    "reject": Verb.ITEM_REJECTED,
    "take_over": Verb.ITEM_TAKEN_OVER,
    "resolve": Verb.EXCEPTION_RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose, about the content with this hash.

    ``draft`` is their version of the draft's text; ``args`` their version of
    arguments by proposal position. ``given`` is what a way out of an exception needs.
    ``seconds`` is how long they looked.
    """

    choice: str
    content_hash: str
    reason: str = ""
    words: str = ""
    draft: str | None = None
    args: dict[int, dict[str, Any]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    seconds: int | None = None


def decide(item_id: UUID, chosen: Choice, *, actor: Actor) -> Decision:
    """Make one decision; permits follow from an acceptance in the same transaction.

    Raises NotFound, Forbidden for those who may not, Conflict where it was decided,
    ran out, or changed since it was seen, Invalid for a choice that says too little.
    """
    case = to_decide(item_id)
    if case is None:
        raise NotFound("There is no such item.")
    item = case.item
    exception = item.kind == "exception"
    needs = Capability.HANDLE_EXCEPTIONS if exception else Capability.DECIDE
    access.require(actor, needs, item.workflow_id)
    _check_choice(item, chosen)
    proposals = [p for p in case.proposals if p.status == "proposed"]
    if chosen.choice in ("accept", "correct"):
        _check_still_true(case, proposals)
    changed: Corrections = {}
    if chosen.choice == "correct":
        changed = corrections(item, proposals, chosen.draft, chosen.args)
    # Everything that may be refused was: from here on nothing is written by halves.
    _win(item, chosen, actor)
    decision = _decision(item, chosen, proposals, changed, actor)
    _carry(case, chosen, proposals, changed, decision, actor)
    outbox.owe("item.closed", item.pk, priority=outbox.Priority.INTERACTIVE)
    writing.send()  # a lost race is said here, not at the end of the caller's scope
    return decision


def _check_choice(item: ReviewItem, chosen: Choice) -> None:
    if item.status != "waiting":
        raise Conflict(
            _decided_sentence(item),
            code="already_decided",
            state=item.status,
            choice=item.choice,
            by=str(item.decided_by or ""),
        )
    if clock.now() >= item.due_at:
        raise Conflict("The time to decide has run out, so nothing is done.", code="expired")
    if chosen.content_hash != item.content_hash:
        raise Conflict("This changed since you looked at it. Look again.", code="changed")
    allowed = {"resolve"} if item.kind == "exception" else VERBS.keys() - {"resolve"}
    if chosen.choice not in allowed:
        raise Invalid(f"Choose one of: {', '.join(sorted(allowed))}.", code="bad_choice")
    if chosen.choice == "reject" and chosen.reason not in REASONS:
        raise Invalid("Say why: choose a reason from the list.", code="no_reason")
    if chosen.choice != "resolve" and chosen.reason and chosen.reason not in REASONS:
        raise Invalid("Choose a reason from the list, or none.", code="bad_choice")
    if chosen.reason == "other" and not chosen.words.strip():
        raise Invalid("“Other” needs a few words.", code="no_words")
    if chosen.choice == "resolve" and chosen.reason not in item.draft.get("options", []):
        raise Invalid("Choose one of the ways out shown.", code="bad_choice")


def _decided_sentence(item: ReviewItem) -> str:
    if item.status != "decided" or item.decided_at is None:
        return f"This item is {item.status}, so there is nothing to decide."
    return f"{item.decided_by} decided this already: {item.get_choice_display()}."


def _check_still_true(case: Case, proposals: list[Proposal]) -> None:
    """What was seen must still be what would be done: same content, tools and sources."""
    item = case.item
    content = sha256(content_of(item, proposals))
    if content != item.content_hash or any(sha256(p.args) != p.args_hash for p in proposals):
        raise Conflict("This is not what was put before you. Reject it.", code="changed")
    for proposal in proposals:
        tool = proposal.tool
        if tool.version != proposal.tool_version or not tool.enabled:
            raise Conflict(f"{tool.title} was changed since this was drafted.", code="tool_changed")
    if title := not_current({s for p in proposals for s in p.sources}, case.sources):
        raise Refused(
            f"{title} changed or went stale since this was drafted.", code="source_changed"
        )


def _win(item: ReviewItem, chosen: Choice, actor: Actor) -> None:
    """Of any number of deciders one gets past this: a compare-and-swap on status and content."""
    move(
        item,
        "decided",
        actor=actor,
        verb=VERBS[chosen.choice],
        reason=" ".join(filter(None, (REASONS.get(chosen.reason, ""), chosen.words))),
        only_if={"content_hash": chosen.content_hash},
        choice=chosen.choice,
        reason_code=chosen.reason,
        decided_at=clock.now(),
        decided_by_id=actor.id,
    )


def _decision(
    item: ReviewItem,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    actor: Actor,
) -> Decision:
    edits: dict[str, Any] = dict(chosen.given)
    distance = 0
    if chosen.choice == "correct" and chosen.draft is not None:
        edits["draft"] = chosen.draft
        distance += words_changed(item.draft.get("text", ""), chosen.draft)
    for proposal in proposals:
        for name, value in changed.get(proposal.position, {}).items():
            edits.setdefault("proposals", {}).setdefault(str(proposal.position), {})[name] = value
            if value != chosen.draft:  # the same edit is counted once
                distance += words_changed(show(proposal.args.get(name, "")), show(value))
    decision = Decision(
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
    )
    writing.insert(decision)
    return decision


def _carry(
    case: Case,
    chosen: Choice,
    proposals: list[Proposal],
    changed: Corrections,
    decision: Decision,
    actor: Actor,
) -> None:
    """Let the proposals follow the decision."""
    assert case.above is not None
    above = gate.house_of(case.above)
    for proposal in proposals:
        if chosen.choice in ("accept", "correct"):
            approved = _corrected(proposal, changed.get(proposal.position), actor)
            move(approved, "approved", actor=actor, verb=Verb.PROPOSAL_APPROVED)
            issue(approved, decision, above)
        else:
            move(proposal, "rejected", actor=actor, verb=Verb.PROPOSAL_CLOSED)


def _corrected(proposal: Proposal, changed: dict[str, Any] | None, actor: Actor) -> Proposal:
    """The next revision of a proposal with a person's arguments: new content, new hash."""
    if not changed:
        return proposal
    merged = {**proposal.args, **changed}
    action = Action(proposal.step, proposal.tool, merged, proposal.sources, proposal.rung)
    move(proposal, "superseded", actor=actor)
    corrected = propose(proposal.item, proposal.position, action, proposal.revision + 1)
    writing.insert(corrected)
    return corrected
