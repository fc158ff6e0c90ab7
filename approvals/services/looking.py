"""Who has an item open now, so that two people don't judge the same thing unawares."""

import re
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from approvals.models import ItemRevision, Looking, ReviewItem, SignOff
from tenants import clock
from tenants.actors import Actor
from tenants.errors import NotFound

STILL = timedelta(seconds=60)  # a page says that it is open every 20 s
FORGET = timedelta(hours=1)
MOST = 1_000  # what one person saw last, kept while it waits
HASH = re.compile(r"[0-9a-f]{64}")


def look(item_id: UUID, seen: str = "", *, actor: Actor) -> list[Looking]:
    """Say that a person has an item open, with this content; who else has, the first first.

    Nothing of it is on the record, and nothing is held: whoever decides first decides. Who
    has signed or edited since they came is done with it. Staff and keys are not noted.
    Raises NotFound.
    """
    item = _item(item_id)
    if item.status != "waiting":
        return []
    if actor.kind == "person":
        _note(item, actor.person_id, seen if HASH.fullmatch(seen) else "")
    mine = {"item": item, "content_hash": item.content_hash}
    signed = SignOff.objects.filter(**mine, by=OuterRef("person"), at__gte=OuterRef("since"))
    edited = ItemRevision.objects.filter(
        item=item, changed_by=OuterRef("person"), changed_at__gte=OuterRef("since")
    )
    others = Looking.objects.filter(item=item, seen_at__gt=clock.now() - STILL)
    others = others.exclude(person_id=actor.id).filter(~Exists(signed), ~Exists(edited))
    return list(others.select_related("person").order_by("since", "id"))


def leave(item_id: UUID, *, actor: Actor) -> None:
    """Say that a person closed an item. What they saw is kept. Raises NotFound."""
    gone = Looking.objects.filter(item=_item(item_id), person_id=actor.id)
    gone.update(seen_at=clock.now() - STILL)


def since(others: list[Looking], item_id: UUID, *, actor: Actor) -> Looking | None:
    """Of the others who have an item open, the one who came before this person, if any."""
    mine = Looking.objects.filter(item_id=item_id, person_id=actor.id).first()
    first = others[0] if others else None
    return first if first and (mine is None or first.since < mine.since) else None


def _item(item_id: UUID) -> ReviewItem:
    found = ReviewItem.objects.shown().filter(pk=item_id).first()
    if found is None:
        raise NotFound("There is no such item.")
    return found


def _note(item: ReviewItem, person: UUID, seen: str) -> None:
    now = clock.now()
    mine = Looking.objects.filter(person_id=person)
    saw = {"content_hash": seen} if seen else {}
    # Who comes back after a while begins anew.
    if mine.filter(item=item, seen_at__gt=now - STILL).update(seen_at=now, **saw):
        return
    Looking.objects.update_or_create(
        item=item, person_id=person, defaults={"since": now, "seen_at": now, **saw}
    )
    # What does not wait any more is forgotten, and the oldest of very many.
    mine.filter(seen_at__lt=now - FORGET).exclude(item__status="waiting").delete()
    kept = mine.order_by("-seen_at").values("pk")[:MOST]
    mine.filter(seen_at__lt=now - FORGET).exclude(pk__in=kept).delete()
