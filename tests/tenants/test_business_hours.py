"""Working hours: evenings, weekends and changed clocks do not count."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.business_hours import DEFAULT, WorkingWeek, working_week
from tenants.errors import Invalid

NEW_YORK = working_week(DEFAULT, "America/New_York")


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-17 10:00", 4, "2026-11-17 14:00"),
        ("2026-11-17 15:00", 4, "2026-11-18 11:00"),
        ("2026-11-17 22:00", 1, "2026-11-18 10:00"),
        ("2026-11-17 05:00", 1, "2026-11-17 10:00"),
        ("2026-11-20 16:00", 2, "2026-11-23 10:00"),  # over a weekend
        ("2026-11-21 12:00", 8, "2026-11-23 17:00"),  # begins on a Saturday
        ("2026-11-17 09:00", 8, "2026-11-17 17:00"),  # ends as it closes
        ("2026-11-17 09:00", 40, "2026-11-23 17:00"),
        ("2026-11-17 10:00", 0, "2026-11-17 10:00"),
    ],
)
def test_hours_pass_while_the_business_is_open(start: str, hours: float, end: str) -> None:
    assert NEW_YORK.after(at(start), hours) == at(end)


def test_a_night_shift_loses_the_hour_that_the_clocks_lose() -> None:
    nights = WorkingWeek((5, 6), time(0, 0), time(6, 0), ZoneInfo("America/New_York"))
    # On 8 March 2026 the clocks go from 2 to 3: Sunday has five working hours.
    assert nights.after(at("2026-03-08 00:00"), 5) == at("2026-03-08 06:00")
    assert nights.after(at("2026-03-08 00:00"), 6) == at("2026-03-14 01:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.floats(0, 100),
    st.floats(0, 100),
)
def test_more_hours_never_end_earlier(start: datetime, some: float, more: float) -> None:
    first, second = NEW_YORK.after(start, some), NEW_YORK.after(start, some + more)
    assert start <= first <= second
    assert second - first >= timedelta(hours=more) - timedelta(microseconds=2)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({}, "need days"),
        ({"days": [], "opens": "09:00", "closes": "17:00"}, "at least one"),
        ({"days": [7], "opens": "09:00", "closes": "17:00"}, "at least one"),
        ({"days": [1], "opens": "17:00", "closes": "09:00"}, "end after it begins"),
        ({"days": [1], "opens": "nine", "closes": "17:00"}, "need days"),
    ],
)
def test_a_week_without_working_hours_is_refused(stored: dict, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        working_week(stored, "UTC")


def test_a_week_in_words() -> None:
    assert NEW_YORK.sentence() == "Monday to Friday, 09:00 to 17:00"
    some = working_week({"days": [5, 1], "opens": "08:30", "closes": "12:00"}, "UTC")
    assert some.sentence() == "Tuesday, Saturday, 08:30 to 12:00"
