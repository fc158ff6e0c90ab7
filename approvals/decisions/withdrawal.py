"""A decision can be withdrawn before anything followed from it."""

from uuid import UUID

from approvals.models import (
    CONTENT_KINDS,
    Decision,
    ItemRevision,
    Permit,
    Planted,
    Proposal,
    ReviewItem,
    SignOff,
)
from approvals.review.selectors import get_item
from approvals.rules.phrases import title_of
from approvals.workflow_lookup import lookup
from audit import outbox
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict, Forbidden

NOTHING = "You have not decided this, so there is nothing to take back."
VOID = "The decision was taken back."


def withdraw_decision(item_id: UUID, *, actor: Actor) -> ReviewItem:
    """Let an item wait again that this person decided a short time ago, or remove their sign-off.

    The decision stays in the record. Raises NotFound, Forbidden for other people, and Conflict once
    something followed from the decision.
    """
    item = get_item(item_id, ReviewItem.objects.select_for_update(no_key=True))
    if item.status == "waiting":
        _unsign(item, actor)
        return item
    decision = item.decisions.filter(round=item.round).first()
    # "Send back" is decided too; exceptions and undos begin at once.
    if item.kind not in CONTENT_KINDS or item.status != "decided" or decision is None:
        raise Conflict("There is no decision to take back here.", code="nothing_decided")
    if actor.kind != "person" or decision.by_id != actor.id:
        raise Forbidden(f"Only {item.decided_by} can take this back.", code="not_yours")
    # The job that would begin what follows decides the race: its row is either claimed or deleted.
    if decision.follows_at is None or not outbox.withdraw(decision.pk):
        raise Conflict("It is too late to take this back: it is under way.", code="too_late")
    _reopen(item, decision, actor)
    unit_of_work.send_kept()
    return item


def may_take_back(made: Decision | SignOff | ItemRevision | Planted, actor: Actor) -> bool:
    """Return whether the decision or sign-off is the actor's own and still without consequences."""
    if isinstance(made, ItemRevision | Planted) or made.by_id != actor.id:
        return False
    if isinstance(made, SignOff):
        return True
    return made.follows_at is not None and made.follows_at > clock.now()


def _reopen(item: ReviewItem, decision: Decision, actor: Actor) -> None:
    issued = Permit.objects.filter(proposal__item=item, decision=decision, void_because="")
    for permit in issued.filter(status="open"):
        move(permit, "void", actor=actor, void_because=VOID)
    every = list(item.proposals.select_related("tool").order_by("position", "revision"))
    _restore(every, decision, actor)
    live = [p for p in every if p.status == "proposed"]
    for proposal in live:  # a form that was still to be filled was left out once it was decided
        lookup().ask_for_preview(proposal)
    move(
        item,
        "waiting",
        actor=actor,
        verb=Verb.ITEM_TAKEN_BACK,
        round=item.round + 1,
        choice="",
        reason_code="",
        decided_at=None,
        decided_by_id=None,
        title=title_of((p.tool, p.args) for p in live)[:200] if live else item.title,
    )


def _restore(every: list[Proposal], decision: Decision, actor: Actor) -> None:
    """Set each proposal back: a person's version is cancelled, its predecessor proposed again."""
    edited = decision.edits.get("proposals", {})
    for proposal in every:
        if proposal.status not in ("approved", "rejected"):
            continue
        if str(proposal.position) not in edited:
            move(proposal, "proposed", actor=actor)
            continue
        before = [
            p
            for p in every
            if p.position == proposal.position
            and p.revision < proposal.revision
            and p.status == "superseded"
        ]
        move(proposal, "cancelled", actor=actor)
        move(before[-1], "proposed", actor=actor)


def _unsign(item: ReviewItem, actor: Actor) -> None:
    """Remove a sign-off that other people still have to join."""
    own = SignOff.objects.filter(item=item, by_id=actor.id, content_hash=item.content_hash)
    if actor.kind != "person" or own.delete()[0] == 0:
        raise Conflict(NOTHING)
    record(Verb.ITEM_TAKEN_BACK, item, actor=actor)
