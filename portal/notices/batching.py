"""Which of the new items a person hears of now, one by one or together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

MOST = 4  # interruptions an hour
URGENT = timedelta(hours=2)  # before its deadline


def default_times() -> list[str]:
    """When digests go where nobody said so, in the client's time zone."""
    return ["09:00", "14:00"]


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants to hear: each, digest, urgent or none.

    ``most`` is how many interruptions an hour; ``gathered_at`` is when the last digest went.
    """

    how: str
    times: tuple[str, ...]
    most: int
    gathered_at: datetime


@dataclass(frozen=True, slots=True)
class New:
    """An item the person was not told of."""

    id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """What to tell now: ``each`` in a notice of its own, ``together`` in one.

    ``is_digest``: it is one of the chosen times, whether or not there is anything to tell.
    """

    each: tuple[New, ...] = ()
    together: tuple[New, ...] = ()
    is_digest: bool = False


def is_urgent(due_at: datetime, now: datetime) -> bool:
    """Whether somebody should hear of it at once."""
    return due_at - now <= URGENT


def plan(
    wish: Wish, new: Iterable[New], *, now: datetime, told_lately: int, zone: ZoneInfo
) -> NoticePlan:
    """What to tell somebody who was interrupted ``told_lately`` times in the last hour.

    Beyond the limit nothing is lost: what is left is told together once there is room.
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
    """Whether a chosen time passed since the last digest, today or yesterday."""
    today = now.astimezone(zone).date()
    moments = (
        datetime.combine(day, time.fromisoformat(at), tzinfo=zone)
        for day in (today - timedelta(days=1), today)
        for at in wish.times
    )
    return any(wish.gathered_at < moment <= now for moment in moments)
