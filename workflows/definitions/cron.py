"""Cron texts: the next due time in a time zone, right across clock changes. Pure.

A time that the clock skips is due once, at the first minute after the gap. A time that the clock
repeats is due once, the first time. Only a text of every hour, however it is written, follows the
time that really passes: it is due in both of the doubled hours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

CRON_HINT = "A cron text reads: minute, hour, day, month, weekday, as in 0 9 * * mon-fri."
FIELDS = 5
HOURS = 24
MINUTE = timedelta(minutes=1)


class BadCron(ValueError):
    """Text that is no cron text; the message says why."""


def check(text: str) -> None:
    """Raise BadCron unless a cron text has five fields and is due some day."""
    if len(text.split()) != FIELDS:
        raise BadCron(f"“{text}” has {len(text.split())} fields, not five. {CRON_HINT}")
    start = datetime(2026, 1, 1)
    if next(_walk(text, start), None) is None:
        raise BadCron(f"“{text}” never comes. {CRON_HINT}")


def next_due(text: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return a cron text's next due time (UTC) after ``after``; None for none in 50 years."""
    local = after.astimezone(zone).replace(microsecond=0)
    if _is_hourly(text, local):
        minute, _, *days = text.split()
        # CronSim takes a text as one of every hour only if the hour is a star.
        found: Iterator[datetime] = _walk(" ".join([minute, "*", *days]), local)
    else:
        found = (_first_valid(due, zone) for due in _walk(text, local.replace(tzinfo=None)))
    # In the second of two doubled hours local times repeat; those are past already in UTC.
    return next((due for due in (d.astimezone(UTC) for d in found) if due > after), None)


def cron_in_words(text: str) -> str:
    """Return a cron text in words: ``0 9 * * mon`` as "at 09:00 on Monday"."""
    words = CronSim(text, datetime(2026, 1, 1)).explain()
    return words[0].lower() + words[1:]


def _is_hourly(text: str, start: datetime) -> bool:
    """Whether a text names every hour of the day, however that is written."""
    try:
        return len(CronSim(text, start).hours) == HOURS
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False  # ``_walk`` raises BadCron with the reason


def _walk(text: str, start: datetime) -> Iterator[datetime]:
    try:
        yield from CronSim(text, start)
    except CronSimError as error:
        raise BadCron(f"“{text}” is no cron text: {str(error).lower()}. {CRON_HINT}") from error
    except (ValueError, TypeError, AssertionError) as error:  # CronSim's for some bad texts
        raise BadCron(f"“{text}” is no cron text. {CRON_HINT}") from error


def _first_valid(wanted: datetime, zone: ZoneInfo) -> datetime:
    """Return the first local minute from ``wanted`` on that exists; the first of a doubled one."""
    local = wanted.replace(tzinfo=zone, fold=0)
    while local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wanted:
        wanted += MINUTE
        local = wanted.replace(tzinfo=zone, fold=0)
    return local
