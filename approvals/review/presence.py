"""Presence shows who has an item open, so that two people don't judge it without knowing.

A viewing is one showing of an item's page, under an id that the page makes. The page reports it at
intervals and reports its end once; a report that arrives after the end changes nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef

from approvals.models import ItemRevision, Looking, ReviewItem, SignOff
from approvals.review.selectors import get_item
from tenants import clock
from tenants.actors import Actor

STILL = timedelta(seconds=15)  # a visible page reports every 7 s
SAME = timedelta(seconds=60)  # a person who comes back within it counts as not gone
FORGET = timedelta(hours=1)
MOST = 1_000  # rows kept of one person
PAGES = 20  # viewings kept of one person and item
HASH = re.compile(r"[0-9a-f]{64}")
VIEWING = re.compile(r"[0-9a-f]{32}")


class Present(NamedTuple):
    """The other people who have an item open, the earliest first.

    ``first`` is the earliest of them if they came before the viewer.
    """

    others: list[Looking]
    first: Looking | None


def record_viewing(item_id: UUID, seen: str = "", viewing: str = "", *, actor: Actor) -> Present:
    """Record that a person has an item open, with the content ``seen``; return who else has.

    No event is written and the item is not locked: the first decision wins. People who have signed
    or edited the item since they came are not shown. Staff and API keys are not recorded. Raises
    NotFound.
    """
    item = get_item(item_id)
    if item.status != "waiting":
        return Present([], None)
    viewer = None
    if actor.kind == "person":
        viewer = _mark_seen(item, actor.person_id, viewing, seen if HASH.fullmatch(seen) else "")
    hash_now = {"item": item, "content_hash": item.content_hash}
    signed = SignOff.objects.filter(**hash_now, by=OuterRef("person"), at__gte=OuterRef("since"))
    edited = ItemRevision.objects.filter(
        item=item, changed_by=OuterRef("person"), changed_at__gte=OuterRef("since")
    )
    found = Looking.objects.filter(item=item, seen_at__gt=clock.now() - STILL)
    found = found.exclude(person_id=actor.id).filter(~Exists(signed), ~Exists(edited))
    others = list(found.select_related("person").order_by("since", "id"))
    first = others[0] if others else None
    return Present(others, first if first and (not viewer or first.since < viewer.since) else None)


def end_viewing(item_id: UUID, viewing: str = "", *, actor: Actor) -> None:
    """Record that a viewing of an item ended. The content the person saw is kept. Raises NotFound.

    The end is stored even for an unknown viewing: the page's first report may arrive after its
    last.
    """
    item = get_item(item_id)
    if item.status != "waiting" or actor.kind != "person":
        return
    now = clock.now()
    viewer, _ = _lock_viewer(item, actor.person_id, now, seen_at=now - STILL)
    _set_viewing(viewer, viewing, {"at": now.timestamp(), "gone": True}, now)
    open_still = [one["at"] for one in viewer.viewings.values() if "gone" not in one]
    # While another page of the person shows the item, they are still there.
    viewer.seen_at = datetime.fromtimestamp(max(open_still), UTC) if open_still else now - STILL
    viewer.save(update_fields=["viewings", "seen_at"])


def _lock_viewer(
    item: ReviewItem, person: UUID, now: datetime, *, seen_at: datetime
) -> tuple[Looking, bool]:
    """Return the person's row and whether it is new. Its lock lets their pages take turns."""
    return Looking.objects.select_for_update().get_or_create(
        item=item, person_id=person, defaults={"since": now, "seen_at": seen_at}
    )


def _mark_seen(item: ReviewItem, person: UUID, viewing: str, seen: str) -> Looking:
    """Return the person's row, with this viewing seen now unless it has ended."""
    now = clock.now()
    viewer, new = _lock_viewer(item, person, now, seen_at=now)
    if viewer.viewings.get(viewing, {}).get("gone"):
        return viewer
    lately = max([viewer.seen_at.timestamp(), *(one["at"] for one in viewer.viewings.values())])
    anew = new or lately <= (now - SAME).timestamp()
    # A short absence, as for reloading the page, does not lose the person's place as the first.
    viewer.since = now if anew else viewer.since
    viewer.seen_at, viewer.content_hash = now, seen or viewer.content_hash
    _set_viewing(viewer, viewing, {"at": now.timestamp()}, now)
    viewer.save(update_fields=["since", "seen_at", "content_hash", "viewings"])
    if anew:
        _delete_old(person, now)
    return viewer


def _set_viewing(viewer: Looking, viewing: str, how: dict[str, Any], now: datetime) -> None:
    """Store the state of a viewing. A page without an id is one viewing, which may begin again."""
    named = viewing if VIEWING.fullmatch(viewing) else ""
    kept = viewer.viewings | {named: how}
    if not named and "gone" in how:
        del kept[named]
    newest = sorted(kept, key=lambda one: kept[one]["at"], reverse=True)[:PAGES]
    least = (now - FORGET).timestamp()
    viewer.viewings = {one: kept[one] for one in newest if kept[one]["at"] > least}


def _delete_old(person: UUID, now: datetime) -> None:
    """Delete the person's old rows: of items that wait no more, and beyond the newest MOST."""
    old = Looking.objects.filter(person_id=person, seen_at__lt=now - FORGET)
    old.exclude(item__status="waiting").delete()
    kept = Looking.objects.filter(person_id=person).order_by("-seen_at").values("pk")[:MOST]
    old.exclude(pk__in=kept).delete()
