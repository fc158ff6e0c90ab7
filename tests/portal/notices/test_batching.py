"""Which new items a person hears of now: each, together, or not yet. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from portal.notices.batching import New, NoticePlan, Wish, plan

NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")  # it is 07:00 there


def wish(how: str = "each", most: int = 4, hours_ago: float = 24) -> Wish:
    return Wish(how, ("06:30", "14:00"), most, NOW - timedelta(hours=hours_ago))


def new(count: int, hours: float = 8) -> list[New]:
    return [New(UUID(int=n), NOW + timedelta(hours=hours, minutes=n)) for n in range(1, count + 1)]


def planned(of: Wish, items: list[New], lately: int = 0) -> tuple[int, int]:
    found = plan(of, items, now=NOW, told_lately=lately, zone=ZONE)
    return len(found.each), len(found.together)


def test_each_is_told_until_the_hours_limit_and_the_rest_together() -> None:
    assert planned(wish(), new(4)) == (4, 0)
    assert planned(wish(), new(9)) == (3, 6)
    assert planned(wish(), new(9), lately=3) == (0, 9)
    assert planned(wish(), new(9), lately=4) == (0, 0)


def test_the_first_to_run_out_are_the_ones_told_by_themselves() -> None:
    found = plan(wish(most=2), new(5)[::-1], now=NOW, told_lately=0, zone=ZONE)
    assert [one.id.int for one in found.each] == [1]
    assert [one.id.int for one in found.together] == [2, 3, 4, 5]


def test_a_digest_comes_at_its_times_and_only_then() -> None:
    assert planned(wish("digest"), new(3)) == (0, 3)
    assert planned(wish("digest", hours_ago=0.2), new(3)) == (0, 0)  # after 06:30 there
    assert planned(wish("digest", hours_ago=0.6), new(3)) == (0, 3)  # before it
    assert planned(wish("digest"), new(1)) == (1, 0)


def test_a_digest_whose_time_came_with_nothing_to_tell_is_over() -> None:
    found = plan(wish("digest"), [], now=NOW, told_lately=0, zone=ZONE)
    assert found == NoticePlan(is_digest=True)


def test_only_what_is_urgent_is_what_runs_out_within_two_hours() -> None:
    assert planned(wish("urgent"), [*new(2, hours=1), *new(3, hours=5)]) == (2, 0)
    assert planned(wish("none"), new(2, hours=1)) == (0, 0)


@given(
    st.sampled_from(["each", "urgent", "digest", "none"]),
    st.integers(1, 8),
    st.integers(0, 10),
    st.integers(0, 30),
)
def test_nobody_is_interrupted_more_often_than_they_said(
    how: str, most: int, lately: int, count: int
) -> None:
    each, together = planned(wish(how, most), new(count, hours=1), lately)
    assert each + bool(together) <= max(most - lately, 0) or how == "digest"
    assert each + together in (0, count)
