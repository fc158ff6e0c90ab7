"""Periods begin where a calendar has them, and amounts are said with as many digits as matter."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.budgets.terms import (
    CALENDAR,
    Period,
    amount_text,
    limit_text,
    next_period,
    period_start,
    period_starts,
)


@pytest.mark.parametrize(
    ("period", "day", "start", "next_one"),
    [
        (Period.DAY, date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 1)),
        (Period.WEEK, date(2026, 11, 29), date(2026, 11, 23), date(2026, 11, 30)),
        (Period.WEEK, date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 7)),
        (Period.MONTH, date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (Period.MONTH, date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_periods(period: Period, day: date, start: date, next_one: date) -> None:
    assert period_start(period, day) == start
    assert next_period(period, start) == next_one


@given(st.dates(max_value=date(9000, 1, 1)), st.sampled_from(CALENDAR))
def test_every_day_is_in_one_period(day: date, period: Period) -> None:
    start = period_start(period, day)
    assert start is not None
    after = next_period(period, start)
    assert start <= day < after
    assert period_start(period, after) == after
    assert period_start(period, after - timedelta(days=1)) == start


def test_a_run_has_no_calendar() -> None:
    assert period_start(Period.RUN, date(2026, 11, 30)) is None
    assert period_starts(date(2026, 11, 30)) == {
        "day": "2026-11-30",
        "week": "2026-11-30",
        "month": "2026-11-01",
    }


@pytest.mark.parametrize(
    ("unit", "amount", "said"),
    [
        ("money", 0, "$0.00"),
        ("money", 50_000_000, "$50.00"),
        ("money", 1_234_567_890_000, "$1,234,567.89"),
        ("money", 12_345_678, "$12.35"),
        ("money", 25_700, "$0.03"),
        ("money", 9_940, "$0.0099"),
        ("money", 11, "$0.000011"),
        ("tokens", 1, "1 token"),
        ("tokens", 1_200, "1,200 tokens"),
        ("calls", 2, "2 calls"),
    ],
)
def test_amounts(unit: str, amount: int, said: str) -> None:
    assert amount_text(unit, amount) == said


@given(st.integers(1, 10**12))
def test_no_amount_is_said_to_be_nothing(amount: int) -> None:
    assert float(amount_text("money", amount)[1:].replace(",", "")) > 0


def test_a_limit_names_its_period() -> None:
    assert limit_text("calls", "run", 20) == "20 calls a run"
