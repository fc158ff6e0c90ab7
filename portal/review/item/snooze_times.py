"""Snooze times that an item's page offers, none after the item's deadline."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

MORNING = time(9)


@dataclass(frozen=True, slots=True)
class SnoozeTime:
    """One time to choose, such as "In 3 hours"."""

    label: str
    until: datetime


def snooze_times(now: datetime, due_at: datetime) -> list[SnoozeTime]:
    """Return the distinct times before the deadline, in the active time zone."""
    tomorrow = timezone.localtime(now).date() + timedelta(days=1)
    monday = tomorrow + timedelta(days=-tomorrow.weekday() % 7)
    offered = [
        SnoozeTime("In 1 hour", now + timedelta(hours=1)),
        SnoozeTime("In 3 hours", now + timedelta(hours=3)),
        SnoozeTime("Tomorrow at 9", _at_nine(tomorrow)),
        SnoozeTime("Monday at 9", _at_nine(monday)),
    ]
    fitting = [one for one in offered if one.until < due_at]
    # Of two labels for the same time the first stays.
    return list({one.until: one for one in reversed(fitting)}.values())[::-1]


def _at_nine(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, MORNING))
