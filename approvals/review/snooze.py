"""An item can be snoozed: one person does not see it before a time; its deadline stays."""

from datetime import datetime
from uuid import UUID

from approvals.models import ReviewItem, Snooze
from approvals.review.selectors import get_item
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid


def snooze(item_id: UUID, until: datetime, *, actor: Actor) -> Snooze:
    """Snooze an item for the person until ``until``; a second snooze replaces the first.

    Raises NotFound, Forbidden for those who may not decide the item, Conflict where it does not
    wait any more, Invalid for a time that is over or not before the deadline.
    """
    item = _waiting(item_id, actor)
    if until <= clock.now():
        raise Invalid("Choose a time that is still to come.", code="bad_time")
    if until >= item.due_at:
        raise Invalid(
            "Choose a time before its deadline: it would run out unseen.", code="after_deadline"
        )
    found, _ = Snooze.objects.update_or_create(
        item=item, person_id=actor.person_id, defaults={"until": until}
    )
    record(Verb.ITEM_SNOOZED, item, actor=actor, after={"until": until.isoformat()})
    return found


def unsnooze(item_id: UUID, *, actor: Actor) -> None:
    """End the person's snooze of an item. Raises as ``snooze`` does, but not Invalid."""
    item = _waiting(item_id, actor)
    gone, _ = Snooze.objects.filter(item=item, person_id=actor.person_id).delete()
    if gone:
        record(Verb.ITEM_WOKEN, item, actor=actor)


def _waiting(item_id: UUID, actor: Actor) -> ReviewItem:
    item = get_item(item_id)
    access.require(actor, item.capability, item.workflow_id)
    if item.status != "waiting" or clock.now() >= item.due_at:
        raise Conflict("This does not wait any more, so it can't be put off.", code="wrong_state")
    return item
