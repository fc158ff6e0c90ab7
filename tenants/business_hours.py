"""The working hours of a business, and the time after so many of them. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tenants.errors import Invalid

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEFAULT = {"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:00"}


def default() -> dict[str, Any]:
    """Return the working hours of a business that set none."""
    return dict(DEFAULT)


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """The days (0 is Monday) and hours a business works, in its own time zone."""

    days: tuple[int, ...]
    opens: time
    closes: time
    zone: ZoneInfo

    def after(self, start: datetime, hours: float) -> datetime:
        """Return the UTC time when ``hours`` working hours have passed since ``start``.

        A day's hours are the real time between opening and closing, also when clocks change. Hours
        that end at closing time end then, not at the next opening.
        """
        left = timedelta(hours=hours)
        day = start.astimezone(self.zone).date()
        begins = start.astimezone(UTC)
        while True:
            if day.weekday() in self.days:
                opens, closes = (
                    datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)
                    for at in (self.opens, self.closes)
                )
                begins = max(begins, opens)
                if begins < closes and begins + left <= closes:
                    return begins + left
                left -= max(closes - begins, timedelta())
            day += timedelta(days=1)

    def sentence(self) -> str:
        """Return the week in words: "Monday to Friday, 09:00 to 17:00"."""
        first, last = self.days[0], self.days[-1]
        run = list(self.days) == list(range(first, last + 1)) and len(self.days) > 2
        days = f"{DAYS[first]} to {DAYS[last]}" if run else ", ".join(DAYS[d] for d in self.days)
        return f"{days}, {self.opens:%H:%M} to {self.closes:%H:%M}"


def working_week(stored: dict[str, Any], zone: str) -> WorkingWeek:
    """Return the WorkingWeek a tenant has stored. Raises Invalid for one without a working hour."""
    try:
        days = tuple(sorted({int(day) for day in stored["days"]}))
        opens, closes = time.fromisoformat(stored["opens"]), time.fromisoformat(stored["closes"])
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("Working hours need days, an opening and a closing time.") from error
    if not days or not set(days) <= set(range(7)):
        raise Invalid("Choose at least one working day.", code="no_days")
    if opens >= closes:
        raise Invalid("Work must end after it begins, on the same day.", code="bad_hours")
    return WorkingWeek(days, opens, closes, ZoneInfo(zone))
