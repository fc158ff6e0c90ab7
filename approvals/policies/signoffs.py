"""Sign-offs and edits of an item under a policy, where more than one approver is needed."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from approvals.models import ItemRevision, Proposal, ReviewItem, SignOff, content_of
from approvals.review.approval import ApprovalState
from approvals.rules.policy_sentences import Names, needs
from audit.canonical import canonical, sha256
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict, Forbidden
from tenants.ids import uuid7


class SignBarrier(StrEnum):
    """Why a person's yes to an item does not count under its policy."""

    NO_PERSON = "no_person"
    APART = "apart"
    SIGNED = "signed"
    NOT_NAMED = "not_named"


APART_SENTENCE = "You asked for this or edited it, so somebody else must approve it."


def sign_barrier(state: ApprovalState, actor: Actor) -> SignBarrier | None:
    """Return why the actor's yes does not count, or None where it does."""
    if actor.kind != "person":  # machines and staff of the provider
        return SignBarrier.NO_PERSON
    if state.is_set_apart(actor.person_id):
        return SignBarrier.APART
    if actor.person_id in state.signed:
        return SignBarrier.SIGNED
    return None if state.may_sign(actor.person_id) else SignBarrier.NOT_NAMED


def may_refuse(state: ApprovalState, actor: Actor) -> bool:
    """Return whether the actor may say no; one who asked for the item or edited it may, too."""
    if actor.kind != "person":
        return False
    return state.may_sign(actor.person_id) or state.is_set_apart(actor.person_id)


def require_signer(state: ApprovalState, actor: Actor, *, agrees: bool) -> None:
    """Raise Forbidden unless the policy lets this person say yes, or no if not ``agrees``.

    Raises Conflict where the person has signed this content already.
    """
    if not may_refuse(state, actor):
        raise Forbidden(f"This needs {signers_in_words(state)}.", code="policy")
    if not agrees:
        return
    match sign_barrier(state, actor):
        case SignBarrier.APART:
            raise Forbidden(APART_SENTENCE, code="apart")
        case SignBarrier.SIGNED:
            raise Conflict(
                f"You have approved this already. It still needs {state.left} more.",
                code="already_signed",
            )


def signers_in_words(state: ApprovalState) -> str:
    """Return in words who has to say yes."""
    people = {person.id: person.name for person in state.board.everyone}
    return needs(state.terms, Names(people=people))


def lock_item(item_id: UUID) -> None:
    """Lock the item until the transaction ends: the last of several signers sees the others."""
    _locked(item_id)


def _locked(item_id: UUID, **like: str) -> bool:
    # The guard is part of the locking query: Postgres checks it again after waiting for the lock.
    found = ReviewItem.objects.select_for_update(no_key=True).filter(pk=item_id, **like)
    return found.values("pk").first() is not None


def sign(item: ReviewItem, actor: Actor, seconds: int | None, left: int) -> SignOff:
    """Write one person's sign-off of the item's present content; ``left`` more are needed."""
    made = SignOff(
        id=uuid7(),
        item=item,
        by_id=actor.person_id,
        role=actor.role,
        at=clock.now(),
        content_hash=item.content_hash,
        seconds=seconds,
    )
    unit_of_work.insert(made)
    record(Verb.ITEM_SIGNED, item, actor=actor, after={"needs": left})
    return made


def revise(
    item: ReviewItem,
    proposals: list[Proposal],
    draft: str | None,
    edits: dict[str, Any],
    distance: int,
    actor: Actor,
) -> ItemRevision:
    """Make a person's edit the item's content, to which others have to agree.

    ``proposals`` are the present ones. Sign-offs of former content don't count. Raises Conflict
    where the item was decided or edited meanwhile.
    """
    if not _locked(item.pk, status="waiting", content_hash=item.content_hash):
        raise Conflict("This changed since you looked at it. Look again.", code="changed")
    made = ItemRevision(
        id=uuid7(),
        item=item,
        number=ItemRevision.objects.filter(item=item).count() + 1,  # safe under the lock
        draft=item.draft,
        content_hash=item.content_hash,
        changed_by_id=actor.person_id,
        changed_at=clock.now(),
        edits=canonical(edits),
        edit_distance=distance,
    )
    before, text = item.content_hash, item.draft
    if draft is not None and draft != item.text_draft.text:
        # Spans cite sources for the model's sentences, not for a person's.
        text = canonical({**text, "text": draft, "spans": []})
    item.draft = text
    unit_of_work.update(
        item,
        {"draft": text, "content_hash": sha256(content_of(item, proposals))},
    )
    unit_of_work.insert(made)
    record(
        Verb.ITEM_REVISED,
        item,
        actor=actor,
        before={"content": before},
        after={"content": item.content_hash},
    )
    return made
