"""Who has an item open now, so that two people don't judge the same thing unawares."""

from datetime import timedelta
from uuid import UUID

from approvals.models import Looking, ReviewItem
from tenants import clock
from tenants.actors import Actor
from tenants.errors import NotFound

STILL = timedelta(seconds=60)  # a page says that it is open every 20 s
FORGET = timedelta(hours=1)


def look(item_id: UUID, *, actor: Actor) -> list[Looking]:
    """Say that a person has an item open; who else has, the first first.

    Nothing of it is on the record, and nothing is held: whoever decides first decides.
    Staff and keys are not noted. Raises NotFound.
    """
    item = ReviewItem.objects.shown().filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item.")
    now = clock.now()
    if actor.kind == "person" and item.status == "waiting":
        _note(item, actor.person_id)
    others = Looking.objects.filter(item=item, seen_at__gt=now - STILL).exclude(person_id=actor.id)
    return list(others.select_related("person").order_by("since"))


def _note(item: ReviewItem, person: UUID) -> None:
    now = clock.now()
    mine = Looking.objects.filter(person_id=person)
    mine.filter(seen_at__lt=now - FORGET).delete()
    # Who comes back after a while begins anew.
    if mine.filter(item=item, seen_at__gt=now - STILL).update(seen_at=now) == 0:
        Looking.objects.update_or_create(
            item=item, person_id=person, defaults={"since": now, "seen_at": now}
        )
