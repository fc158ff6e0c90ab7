"""Order of the queue, its groups and headings, and the keyset positions for its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Q, QuerySet, TextField, UUIDField
from django.utils import timezone

from approvals.models import ReviewItem
from portal.review.queue.params import CUSTOMER, DEADLINE, SOON, TODAY, WEEK, WORKFLOW
from tenants import clock
from tenants.db.compiled import Param
from tenants.errors import Invalid

AN_HOUR = timedelta(hours=1)
# The column of each grouping. Grouping by deadline needs none: the queue is in that order.
KEYS = {CUSTOMER: "asked_by", WORKFLOW: "workflow_id"}
LONGEST_KEY = 160


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the list: an item's group, the time it is due or was decided, and its id."""

    at: datetime
    item_id: UUID
    key: str | UUID | None = None


def place_parameters(group: str) -> Place:
    """Return the position of a compiled query as its parameters."""
    key: Any = None
    if group in KEYS:
        key = Param("place key", UUIDField() if group == WORKFLOW else TextField())
    at: Any = Param("place", DateTimeField())
    item: Any = Param("place item", UUIDField())
    return Place(at, item, key)


def ordered(items: QuerySet[ReviewItem], group: str) -> QuerySet[ReviewItem]:
    """Return the items by group, then by deadline, the earliest first."""
    key = KEYS.get(group)
    return items.order_by(*([key] if key else []), "due_at", "id")


def list_place(item: ReviewItem, group: str = "") -> str:
    """Return an item's position in the list as text for an address."""
    found = f"{(item.decided_at or item.due_at).timestamp():.6f}_{item.pk.hex}"
    return f"{found}_{_key(item, group)}" if group in KEYS else found


def place_of(item: ReviewItem, group: str = "") -> Place:
    """Return an item's position among the items that wait, even if it no longer waits."""
    return Place(item.due_at, item.pk, _key(item, group))


def _key(item: ReviewItem, group: str) -> str | UUID | None:
    name = KEYS.get(group)
    return getattr(item, name) if name else None


def read_place(text: str, group: str = "") -> Place:
    """Parse the text of ``list_place`` for the same grouping. Raises Invalid if it is garbled."""
    moment, _, rest = text.partition("_")
    item, parted, key = rest.partition("_")
    try:
        found = datetime.fromtimestamp(float(moment), tz=clock.now().tzinfo), UUID(item)
        if bool(parted) != (group in KEYS) or "\x00" in key or len(key) > LONGEST_KEY:
            raise ValueError(key)
        return Place(*found, UUID(key) if group == WORKFLOW else key)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid("This page of the queue is not there. Open the queue again.") from error


def after(items: QuerySet[ReviewItem], group: str, here: Place) -> QuerySet[ReviewItem]:
    """Return the items after a position among the items that wait."""
    later = Q(due_at__gt=here.at) | Q(due_at=here.at, id__gt=here.item_id)
    key = KEYS.get(group)
    if key is None:
        # Implied by ``later``, but Postgres starts an index scan at >= and not at an OR.
        return items.filter(due_at__gte=here.at).filter(later)
    further = Q(**{f"{key}__gt": here.key}) | Q(**{key: here.key}) & later
    return items.filter(**{f"{key}__gte": here.key}).filter(further)


def before(items: QuerySet[ReviewItem], here: Place) -> QuerySet[ReviewItem]:
    """Return the items decided before a position in the list of decided items."""
    earlier = Q(decided_at__lt=here.at) | Q(decided_at=here.at, id__lt=here.item_id)
    # As in ``after``: the implied condition is where the index scan starts.
    return items.filter(decided_at__lte=here.at).filter(earlier)


# -- Deadlines ------------------------------------------------------------------------------


def midnight(days: int = 1) -> datetime:
    """Return the end of today in the active time zone, or of a later day.

    ``days=2`` is the end of tomorrow.
    """
    today = timezone.localtime(clock.now()).date()
    return timezone.make_aware(datetime.combine(today + timedelta(days=days), time.min))


def _monday() -> datetime:
    return midnight(7 - timezone.localtime(clock.now()).weekday())


def due_times() -> dict[str, datetime]:
    """Return the end of each deadline filter."""
    return {SOON: clock.now() + AN_HOUR, TODAY: midnight(), WEEK: _monday()}


def _spans() -> list[tuple[datetime, str]]:
    """Return the headings of deadlines, each after the time at which it ends."""
    now = clock.now()
    return [
        (now, "Overdue"),
        (now + AN_HOUR, "Over in 1 hour"),
        (midnight(), "Today"),
        (midnight(2), "Tomorrow"),
        (_monday(), "This week"),
    ]


def span_of(due_at: datetime) -> str:
    """Return the heading for a deadline."""
    return next((label for end, label in _spans() if due_at < end), "Later")


# -- Headings -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section[L]:
    """The lines under one heading. ``is_continued``: the group began on an earlier page."""

    label: str
    lines: list[L]
    is_continued: bool = False


def list_sections[L](
    lines: list[tuple[ReviewItem, L]],
    group: str,
    names: Mapping[UUID, str],
    begins: Place | None = None,
) -> list[Section[L]]:
    """Divide a page's lines by their headings; without grouping, into one section without a label.

    ``names`` are workflow titles; ``begins`` is the position that the page follows.
    """
    if group not in (CUSTOMER, WORKFLOW, DEADLINE):
        return [Section("", [line for _, line in lines])] if lines else []
    found: list[Section[L]] = []
    for key, held in groupby(lines, lambda one: _of(_key(one[0], group), one[0].due_at, group)):
        rows = list(held)
        label = _label(key, rows[0][0], group, names)
        former = _of(begins.key, begins.at, group) if begins and not found else None
        found.append(Section(label, [line for _, line in rows], former == key))
    return found


def _of(key: str | UUID | None, due_at: datetime, group: str) -> str | UUID | None:
    return span_of(due_at) if group == DEADLINE else key


def _label(key: str | UUID | None, first: ReviewItem, group: str, names: Mapping[UUID, str]) -> str:
    if group == WORKFLOW:
        return names.get(first.workflow_id) or first.workflow_name
    return str(key) or "Nobody named"
