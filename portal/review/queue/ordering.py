"""The order of the queue, with or without groups, and the places in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals.models import ReviewItem
from portal.review.queue.params import CUSTOMER, DEADLINE, SOON, TODAY, WEEK, WORKFLOW
from tenants import clock
from tenants.errors import Invalid

AN_HOUR = timedelta(hours=1)
# What the items of a group have in common. Deadlines are the order of the queue as it is.
KEYS = {CUSTOMER: "asked_by", WORKFLOW: "workflow_id"}
LONGEST_KEY = 160


@dataclass(frozen=True, slots=True)
class Place:
    """After which item a page begins: its group, when it is due or was decided, its id."""

    at: datetime
    item_id: UUID
    key: str | UUID | None = None


def ordered(items: QuerySet[ReviewItem], group: str) -> QuerySet[ReviewItem]:
    """The items group by group, what is due first ahead."""
    key = KEYS.get(group)
    return items.order_by(*([key] if key else []), "due_at", "id")


def list_place(item: ReviewItem, group: str = "") -> str:
    """Where an item stands in the list, for an address."""
    found = f"{(item.decided_at or item.due_at).timestamp():.6f}_{item.pk.hex}"
    return f"{found}_{_key(item, group)}" if group in KEYS else found


def place_of(item: ReviewItem, group: str = "") -> Place:
    """Where an item that waits, or waited, stands among those that wait."""
    return Place(item.due_at, item.pk, _key(item, group))


def _key(item: ReviewItem, group: str) -> str | UUID | None:
    name = KEYS.get(group)
    return getattr(item, name) if name else None


def read_place(text: str, group: str = "") -> Place:
    """What ``place`` gave for this grouping. Raises Invalid if garbled."""
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
    """What comes after a place. The first condition is where the index begins to be read."""
    later = Q(due_at__gt=here.at) | Q(due_at=here.at, id__gt=here.item_id)
    key = KEYS.get(group)
    if key is None:
        return items.filter(due_at__gte=here.at).filter(later)
    further = Q(**{f"{key}__gt": here.key}) | Q(**{key: here.key}) & later
    return items.filter(**{f"{key}__gte": here.key}).filter(further)


def before(items: QuerySet[ReviewItem], here: Place) -> QuerySet[ReviewItem]:
    """What was decided before a place in the list of decided items."""
    earlier = Q(decided_at__lt=here.at) | Q(decided_at=here.at, id__lt=here.item_id)
    return items.filter(decided_at__lte=here.at).filter(earlier)


# -- Deadlines ------------------------------------------------------------------------------


def midnight(days: int = 1) -> datetime:
    """When the day ends where the business is; with ``days``, so many days on."""
    today = timezone.localtime(clock.now()).date()
    return timezone.make_aware(datetime.combine(today + timedelta(days=days), time.min))


def _monday() -> datetime:
    return midnight(7 - timezone.localtime(clock.now()).weekday())


def due_before(due: str) -> datetime | None:
    """Until when an item is due that a filter by deadline lets through; None for all."""
    ends = {SOON: clock.now() + AN_HOUR, TODAY: midnight(), WEEK: _monday()}
    return ends.get(due)


def _spans() -> list[tuple[datetime, str]]:
    """The headings of deadlines, each with when it ends."""
    now = clock.now()
    return [
        (now, "Overdue"),
        (now + AN_HOUR, "Over in 1 hour"),
        (midnight(), "Today"),
        (midnight(2), "Tomorrow"),
        (_monday(), "This week"),
    ]


def span_of(due_at: datetime) -> str:
    """The heading a deadline stands under."""
    return next((label for end, label in _spans() if due_at < end), "Later")


# -- Headings -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section[L]:
    """Lines of one group. ``is_continued``: it began on an earlier page."""

    label: str
    lines: list[L]
    is_continued: bool = False


def list_sections[L](
    lines: list[tuple[ReviewItem, L]],
    group: str,
    names: Mapping[UUID, str],
    begins: Place | None = None,
) -> list[Section[L]]:
    """A page under its headings; without grouping, one section without a label.

    ``names`` are titles of workflows, ``begins`` is the place the page comes after.
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
