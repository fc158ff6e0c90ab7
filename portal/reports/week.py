"""Weeks of a tenant, Monday to Sunday in the tenant's time zone. Pure.

A week is 167 or 169 hours long when the clocks change in it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MADE_AT = time(7)  # local time on the Monday after the week
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One week of a tenant, identified by its Monday."""

    monday: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.monday.weekday() != 0:
            raise ValueError(f"{self.monday} is no Monday.")

    @property
    def start(self) -> datetime:
        """The week's start, in UTC."""
        return local(self.monday, time(0), self.zone)

    @property
    def end(self) -> datetime:
        """The week's end (exclusive), in UTC."""
        return local(self.monday + 7 * DAY, time(0), self.zone)

    @property
    def due(self) -> datetime:
        """The time at which the week's report is made, in UTC."""
        return local(self.monday + 7 * DAY, MADE_AT, self.zone)

    def later(self, weeks: int) -> "Week":
        """Return the week ``weeks`` weeks after this one, or before it where negative."""
        return Week(self.monday + 7 * weeks * DAY, self.zone)

    def __str__(self) -> str:
        """ "9 to 15 November 2026"; month and year are repeated only where they differ."""
        sunday = self.monday + 6 * DAY
        first = "%-d"
        if sunday.month != self.monday.month:
            first += " %B"
        if sunday.year != self.monday.year:
            first += " %Y"
        return f"{self.monday:{first}} to {sunday:%-d %B %Y}"


def local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the time in UTC at which the clock of ``zone`` shows ``day`` and ``at``."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def week_of(moment: datetime, zone: ZoneInfo) -> Week:
    """Return the week that contains ``moment``."""
    day = moment.astimezone(zone).date()
    return Week(day - day.weekday() * DAY, zone)


def newest_due(moment: datetime, zone: ZoneInfo) -> Week:
    """Return the last week whose report is due by ``moment``."""
    before = week_of(moment, zone).later(-1)
    return before if moment >= before.due else before.later(-1)


def next_daily(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the next time, in UTC, at which the clock shows ``at``, strictly after ``moment``."""
    today = moment.astimezone(zone).date()
    found = local(today, at, zone)
    # A day is added to the date, not to the time: a day may have 23 or 25 hours.
    return found if found > moment else local(today + DAY, at, zone)
