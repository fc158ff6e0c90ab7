"""Dates are computed by the business's own working days."""

from datetime import date
from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.functions import BusinessFacts, functions

FACTS = BusinessFacts((0, 1, 2, 3, 4), date(2026, 11, 30))
NO_MONDAYS = BusinessFacts((1, 2, 3, 4, 5), date(2026, 11, 30))


def compute(name: str, facts: BusinessFacts = FACTS, **args: Any) -> dict[str, Any]:
    return functions()[f"dates.{name}"].compute(args, facts)


def test_today_is_the_day_of_the_business() -> None:
    assert compute("today") == {"date": "2026-11-30", "weekday": "Monday"}


def test_days_are_added() -> None:
    assert compute("add", date="2024-02-28", days=2)["date"] == "2024-03-01"
    assert compute("add", date="2024-03-01", days=-1)["date"] == "2024-02-29"


@pytest.mark.parametrize(
    ("start", "days", "holidays", "end"),
    [
        ("2026-11-27", 1, [], "2026-11-30"),  # from a Friday to a Monday
        ("2026-11-28", 1, [], "2026-11-30"),
        ("2026-11-30", 0, [], "2026-11-30"),
        ("2026-11-30", -1, [], "2026-11-27"),
        ("2026-12-24", 2, ["2026-12-25", "2026-12-28"], "2026-12-30"),
        ("2026-11-30", 5, [], "2026-12-07"),
    ],
)
def test_working_days_are_added(start: str, days: int, holidays: list[str], end: str) -> None:
    assert compute("add_working", date=start, days=days, holidays=holidays)["date"] == end


def test_the_week_is_the_businesss_own() -> None:
    found = compute("add_working", NO_MONDAYS, date="2026-11-27", days=1, holidays=[])
    assert found == {"date": "2026-11-28", "weekday": "Saturday"}


def test_days_between_two_dates_are_counted_both_ways() -> None:
    there = {"from": "2026-11-27", "to": "2026-12-04", "holidays": ["2026-12-01"]}
    assert compute("between", **there) == {"days": 7, "working_days": 4}
    back = {"from": "2026-12-04", "to": "2026-11-27", "holidays": []}
    assert compute("between", **back) == {"days": -7, "working_days": -5}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("add", {"date": "30.11.2026", "days": 1}),
        ("add", {"date": "9999-12-31", "days": 1}),
        ("add_working", {"date": "9999-12-31", "days": 5, "holidays": []}),
        ("add_working", {"date": "2026-11-30", "days": 3660, "holidays": []}),
        ("add_working", {"date": "2026-11-30", "days": 1, "holidays": ["x"]}),
        ("between", {"from": "0001-01-01", "to": "9999-12-31", "holidays": []}),
    ],
)
def test_odd_dates_are_refused_in_a_sentence(name: str, args: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        compute(name, **args)
