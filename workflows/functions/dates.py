"""Dates: today, a date so many days on, and the days between two. Pure."""

from datetime import date, timedelta
from typing import Any

from tenants.errors import Invalid
from workflows.functions import BusinessFacts, Function

MOST_DAYS = 3660
DATE = {"type": "string", "format": "date", "description": "As in 2026-11-30."}
HOLIDAYS = {"type": "array", "items": DATE, "maxItems": 100}


def _read(text: str) -> date:
    """Return a date. Raises Invalid for other text."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"“{text[:40]}” is no date. Write it like 2026-11-30.") from error


def _said(day: date) -> dict[str, Any]:
    return {"date": day.isoformat(), "weekday": f"{day:%A}"}


def _is_working(day: date, facts: BusinessFacts, holidays: set[date]) -> bool:
    return day.weekday() in facts.working_days and day not in holidays


def _today(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    return _said(facts.today)


def _add(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    start = _read(args["date"])
    try:
        return _said(start + timedelta(days=args["days"]))
    except OverflowError as error:
        raise Invalid("There is no such date.") from error


def _add_working(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    """Return the date so many working days on, or back; the first day itself does not count."""
    day, left = _read(args["date"]), args["days"]
    holidays = {_read(one) for one in args["holidays"]}
    step = timedelta(days=1 if left >= 0 else -1)
    for _ in range(MOST_DAYS):
        if not left:
            return _said(day)
        try:
            day += step
        except OverflowError as error:
            raise Invalid("There is no such date.") from error
        if _is_working(day, facts, holidays):
            left -= 1 if left > 0 else -1
    raise Invalid(f"It is more than {MOST_DAYS} days away.")


def _between(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    """Return the days from one date to another; the first does not count, the last does."""
    first, last = _read(args["from"]), _read(args["to"])
    holidays = {_read(one) for one in args["holidays"]}
    days = (last - first).days
    if abs(days) > MOST_DAYS:
        raise Invalid(f"They are more than {MOST_DAYS} days apart.")
    early, sign = min(first, last), 1 if days >= 0 else -1
    after = [early + timedelta(days=n) for n in range(1, abs(days) + 1)]
    working = sum(_is_working(day, facts, holidays) for day in after)
    return {"days": days, "working_days": sign * working}


COUNT = {"type": "integer", "minimum": -MOST_DAYS, "maximum": MOST_DAYS}
FUNCTIONS = {
    "dates.today": Function("The date today, where the business is.", {}, _today),
    "dates.add": Function(
        "The date so many days after another, or before it.", {"date": DATE, "days": COUNT}, _add
    ),
    "dates.add_working": Function(
        "The date so many working days of the business after another, or before it.",
        {"date": DATE, "days": COUNT, "holidays": HOLIDAYS},
        _add_working,
    ),
    "dates.between": Function(
        "The days, and the working days of the business, from one date to another.",
        {"from": DATE, "to": DATE, "holidays": HOLIDAYS},
        _between,
    ),
}
