"""Plan of a person's notices: which new items to send now, one by one or together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

MOST = 4  # interruptions an hour
URGENT = timedelta(hours=2)  # before its deadline


def default_times() -> list[str]:
    """Return the default times of digests, in the tenant's time zone."""
    return ["09:00", "14:00"]


@dataclass(frozen=True, slots=True)
class Wish:
    """Preference of a person: ``how`` is each, digest, urgent or none.

    ``most`` is the limit of interruptions an hour; ``gathered_at`` is the time of the last digest.
    """

    how: str
    times: tuple[str, ...]
    most: int
    gathered_at: datetime


@dataclass(frozen=True, slots=True)
class New:
    """Item that the person got no notice of so far."""

    id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """Items to send now: ``each`` in a notice of its own, ``together`` in one notice.

    ``is_digest`` says that a digest's time has passed, also where there is no new item.
    """

    each: tuple[New, ...] = ()
    together: tuple[New, ...] = ()
    is_digest: bool = False


def is_urgent(due_at: datetime, now: datetime) -> bool:
    """Whether an item's deadline is so near that its notice must go at once."""
    return due_at - now <= URGENT


def plan(
    wish: Wish, new: Iterable[New], *, now: datetime, told_lately: int, zone: ZoneInfo
) -> NoticePlan:
    """Plan the notices of a person who was interrupted ``told_lately`` times in the last hour.

    No item is lost at the limit: the last notice allowed in the hour names all that are left,
    and where none is allowed they wait.
    """
    found = sorted(new, key=lambda one: (one.due_at, one.id))
    if wish.how == "digest":
        if not _falls_due(wish, now, zone):
            return NoticePlan()
        return (
            NoticePlan(each=tuple(found), is_digest=True)
            if len(found) == 1
            else NoticePlan(together=tuple(found), is_digest=True)
        )
    if wish.how == "urgent":
        found = [one for one in found if is_urgent(one.due_at, now)]
    room = wish.most - told_lately
    if wish.how == "none" or not found or room <= 0:
        return NoticePlan()
    if len(found) <= room:
        return NoticePlan(each=tuple(found))
    return NoticePlan(each=tuple(found[: room - 1]), together=tuple(found[room - 1 :]))


def _falls_due(wish: Wish, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a chosen time of today or yesterday has passed since the last digest."""
    today = now.astimezone(zone).date()
    moments = (
        datetime.combine(day, time.fromisoformat(at), tzinfo=zone)
        for day in (today - timedelta(days=1), today)
        for at in wish.times
    )
    return any(wish.gathered_at < moment <= now for moment in moments)
