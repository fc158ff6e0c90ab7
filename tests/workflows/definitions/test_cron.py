"""Cron texts: when they come round, and how they are said."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.definitions import cron

BERLIN, NEW_YORK, UTC_ZONE = (ZoneInfo(z) for z in ("Europe/Berlin", "America/New_York", "UTC"))


def comes(text: str, zone: ZoneInfo, start: str, times: int) -> list[str]:
    """The next local times after a local moment, with their offset."""
    moment, found = datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC), []
    for _ in range(times):
        due = cron.next_due(text, zone, moment)
        assert due is not None
        moment = due
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("text", "zone", "start", "expected"),
    [
        # Spring: 02:00-03:00 does not exist.
        (
            "30 2 * * *",
            BERLIN,
            "2026-03-28 00:00",
            ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"],
        ),
        (
            "30 2 * * *",
            NEW_YORK,
            "2026-03-07 00:00",
            ["03-07 02:30 -0500", "03-08 03:00 -0400", "03-09 02:30 -0400"],
        ),
        # Several times in the gap are one.
        (
            "*/15 2 * * *",
            BERLIN,
            "2026-03-28 02:40",
            ["03-28 02:45 +0100", "03-29 03:00 +0200", "03-30 02:00 +0200"],
        ),
        (
            "30 2,3 * * *",
            BERLIN,
            "2026-03-29 00:00",
            ["03-29 03:00 +0200", "03-29 03:30 +0200", "03-30 02:30 +0200"],
        ),
        # Autumn: 02:00-03:00 (Berlin), 01:00-02:00 (New York) comes twice.
        (
            "30 2 * * *",
            BERLIN,
            "2026-10-24 12:00",
            ["10-25 02:30 +0200", "10-26 02:30 +0100"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2026-10-31 12:00",
            ["11-01 01:30 -0400", "11-02 01:30 -0500"],
        ),
        (
            "0 */2 * * *",
            BERLIN,
            "2026-10-25 00:00",
            ["10-25 02:00 +0200", "10-25 04:00 +0100"],
        ),
        # Every hour follows the time that passes.
        (
            "0 * * * *",
            BERLIN,
            "2026-10-25 01:30",
            ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"],
        ),
        ("0 * * * *", BERLIN, "2026-03-29 00:30", ["03-29 01:00 +0100", "03-29 03:00 +0200"]),
        # Midnight and nine o'clock stay what they are on the wall.
        (
            "0 9 * * *",
            BERLIN,
            "2026-03-28 08:00",
            ["03-28 09:00 +0100", "03-29 09:00 +0200"],
        ),
        (
            "0 9 * * *",
            NEW_YORK,
            "2026-10-31 08:00",
            ["10-31 09:00 -0400", "11-01 09:00 -0500"],
        ),
        # Ends of months.
        ("0 9 31 * *", UTC_ZONE, "2026-01-31 09:00", ["03-31 09:00 +0000", "05-31 09:00 +0000"]),
        ("0 9 L * *", UTC_ZONE, "2026-01-31 09:00", ["02-28 09:00 +0000", "03-31 09:00 +0000"]),
        ("0 9 29 2 *", UTC_ZONE, "2026-01-01 00:00", ["02-29 09:00 +0000"]),
        ("0 0 1 * *", BERLIN, "2026-03-15 00:00", ["04-01 00:00 +0200"]),
        (
            "0 9 * * mon-fri",
            BERLIN,
            "2026-11-20 09:00",
            ["11-23 09:00 +0100", "11-24 09:00 +0100"],
        ),
    ],
)
def test_times_are_right_across_clock_changes_and_ends_of_months(
    text: str, zone: ZoneInfo, start: str, expected: list[str]
) -> None:
    assert comes(text, zone, start, len(expected)) == expected


@pytest.mark.parametrize(
    "hours", ["*", "*/1", "0-23", "0/1", "0-11,12-23", "0-12,6-23", "22-23,0-21"]
)
def test_every_hour_is_every_hour_however_it_is_written(hours: str) -> None:
    """In the doubled hour both come."""
    found = comes(f"0 {hours} * * *", BERLIN, "2026-10-25 01:30", 3)
    assert found == ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"]


def test_all_hours_but_one_are_times_of_the_day() -> None:
    found = comes("0 0-22 * * *", BERLIN, "2026-10-25 01:30", 2)
    assert found == ["10-25 02:00 +0200", "10-25 03:00 +0100"]


def test_a_time_asked_for_within_the_second_of_two_hours_is_not_made_up() -> None:
    """01:30 has been; at 01:10 for the second time the next is tomorrow's."""
    second = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1).astimezone(UTC)
    due = cron.next_due("30 1 * * *", NEW_YORK, second)
    assert due == datetime(2026, 11, 2, 1, 30, tzinfo=NEW_YORK).astimezone(UTC)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sampled_from(["30 2 * * *", "*/7 1-3 * * *", "15 * * * *", "0 0 L * *", "59 23 31 12 *"]),
)
def test_the_next_time_is_always_later_and_at_a_whole_minute(
    start: datetime, name: str, text: str
) -> None:
    after = start.replace(tzinfo=UTC)
    due = cron.next_due(text, ZoneInfo(name), after)
    assert due is not None
    assert due > after
    assert (due.second, due.microsecond) == (0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 9 * * mon-fri", "at 09:00 on Monday through Friday"),
        ("30 7,19 * * *", "at 07:30 and 19:30 every day"),
        ("0 9 L * *", "at 09:00 on the last day of every month"),
        ("*/15 * * * *", "every 15th minute of every hour"),
        ("* * * * *", "every minute"),
        ("0 * * * *", "at the start of every hour"),
        ("0 9 * * FRI#2", "at 09:00 on the second Friday of the month"),
    ],
)
def test_a_cron_text_is_said_in_words(text: str, said: str) -> None:
    cron.check(text)
    assert cron.cron_in_words(text) == said
