"""Weeks of a tenant: where they begin and end, when their report is due, how they are named."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.reports.week import Week, newest_due, next_daily, week_of

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("monday", "hours"),
    [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 11, 9), 168)],
)
def test_a_week_is_as_long_as_its_clocks_make_it(monday: date, hours: int) -> None:
    week = Week(monday, BERLIN)
    assert week.end - week.start == hours * HOUR
    assert week.later(1).start == week.end
    assert week_of(week.start, BERLIN) == week
    assert week_of(week.end - timedelta(microseconds=1), BERLIN) == week


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Pacific/Auckland", datetime(2026, 11, 15, 18, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 16, 7, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 11, 16, 15, tzinfo=UTC)),
    ],
)
def test_a_report_is_due_on_monday_at_seven_where_the_tenant_lives(
    zone: str, due: datetime
) -> None:
    week = Week(date(2026, 11, 9), ZoneInfo(zone))
    assert week.due == due
    assert newest_due(due, week.zone) == week
    assert newest_due(due - timedelta(seconds=1), week.zone) == week.later(-1)
    assert newest_due(due + timedelta(days=6), week.zone) == week


def test_the_next_morning_is_a_day_away_also_when_the_clocks_change() -> None:
    before = datetime(2026, 3, 28, 4, tzinfo=BERLIN)
    assert next_daily(before, time(4), BERLIN) - before.astimezone(UTC) == 23 * HOUR


def test_a_week_begins_on_monday() -> None:
    with pytest.raises(ValueError, match="no Monday"):
        Week(date(2026, 11, 10), BERLIN)


@pytest.mark.parametrize(
    ("monday", "said"),
    [
        (date(2026, 11, 9), "9 to 15 November 2026"),
        (date(2026, 9, 28), "28 September to 4 October 2026"),
        (date(2026, 12, 28), "28 December 2026 to 3 January 2027"),
    ],
)
def test_a_week_is_named_without_repeating_itself(monday: date, said: str) -> None:
    assert str(Week(monday, BERLIN)) == said
