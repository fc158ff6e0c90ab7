"""How well people approve, as plain arithmetic."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.quality_metrics import (
    LONG,
    Judged,
    Share,
    count_words,
    habits,
    is_caught,
    is_drawn,
    late_ones,
    moved_spans,
    reading_seconds,
    words_in,
)

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
SOMEBODY = uuid4()


def judged(minute: float, choice: str = "accept", seconds: int | None = 30, words: int = 100):
    return Judged(SOMEBODY, NOON + timedelta(minutes=minute), choice, seconds, words)


def test_amounts_and_addresses_are_one_word_and_what_stands_twice_is_read_once() -> None:
    assert words_in("Hi Mia, I've refunded $48.20 to mia@customers.example.") == 7
    assert words_in("") == 0
    assert count_words(["the same text", "the same text", "another"]) == 4


@pytest.mark.parametrize(("words", "least"), [(0, 2), (20, 2), (21, 2.1), (600, 60)])
def test_reading_takes_a_minute_for_600_words_and_never_less_than_two_seconds(
    words: int, least: float
) -> None:
    assert reading_seconds(words) == pytest.approx(least)


def test_fast_is_accepting_in_less_time_than_reading_takes() -> None:
    assert judged(0, seconds=9).is_fast
    assert not judged(0, seconds=10).is_fast
    assert not judged(0, seconds=None).is_fast
    assert not judged(0, choice="reject", seconds=1).is_fast
    assert not judged(0, choice="correct", seconds=1).is_fast


def test_shares_are_of_what_was_measured() -> None:
    found = habits(
        [
            judged(0, seconds=4),
            judged(1, seconds=20, words=50),
            judged(2, seconds=None),
            judged(3, choice="reject", seconds=60, words=10),
        ]
    )
    assert found.decisions == 4
    assert found.seconds == 20
    assert found.words == 75
    assert found.fast == Share(1, 2)
    assert found.by_choice == {"accept": Share(3, 4), "reject": Share(1, 4)}
    assert found.fast_late == Share(0, 0)


def test_nothing_decided_has_no_shares() -> None:
    found = habits([])
    assert (found.decisions, found.seconds, found.fast.percent) == (0, None, None)


def test_what_comes_after_thirty_in_an_hour_is_late() -> None:
    minutes = [NOON + timedelta(minutes=n) for n in range(40)]
    assert late_ones(minutes) == [False] * LONG + [True] * 10
    # An hour later the first ones count no more.
    slow = [NOON + timedelta(minutes=2 * n) for n in range(70)]
    assert not any(late_ones(slow))
    found = habits([judged(n, seconds=1 if n >= LONG else 60) for n in range(40)])
    assert found.fast_late == Share(10, 10)
    assert found.fast == Share(10, 40)


@given(st.lists(st.integers(0, 7200), max_size=120))
def test_late_ones_are_those_with_thirty_in_the_hour_before(seconds: list[int]) -> None:
    moments = [NOON + timedelta(seconds=n) for n in sorted(seconds)]
    hour = timedelta(hours=1)
    plainly = [
        sum(one > moment - hour for one in moments[:number]) >= LONG
        for number, moment in enumerate(moments)
    ]
    assert late_ones(moments) == plainly


@given(st.uuids(), st.integers(0, 20))
def test_a_draw_is_the_same_each_time_and_grows_with_the_share(item: UUID, percent: int) -> None:
    drawn = is_drawn(b"key", item, percent)
    assert is_drawn(b"key", item, percent) == drawn
    assert not is_drawn(b"key", item, 0)
    assert is_drawn(b"key", item, 100)
    if drawn:
        assert is_drawn(b"key", item, percent + 1)


def test_about_as_many_are_drawn_as_asked_and_others_with_another_key() -> None:
    items = [UUID(int=n) for n in range(4000)]
    ours, theirs = (
        {item for item in items if is_drawn(key, item, 20)} for key in (b"ours", b"theirs")
    )
    assert 700 < len(ours) < 900
    assert len(ours & theirs) < 250


PLANTED = {"draft": True, "args": {"0": ["amount"]}}


@pytest.mark.parametrize(
    ("choice", "draft", "args", "caught"),
    [
        ("accept", False, {}, False),
        ("reject", False, {}, True),
        ("again", False, {}, True),
        ("correct", True, {}, True),
        ("correct", False, {0: {"amount": 1}}, True),
        ("correct", False, {0: {"order": "1"}}, False),
        ("correct", False, {1: {"amount": 1}}, False),
    ],
)
def test_a_mistake_is_caught_by_a_no_or_by_an_edit_that_touches_it(
    choice: str, draft: bool, args: dict[int, dict[str, object]], caught: bool
) -> None:
    assert is_caught(choice, PLANTED, draft, args) is caught


def test_an_edit_of_the_text_is_no_catch_where_the_mistake_is_an_amount() -> None:
    assert not is_caught("correct", {"draft": False, "args": {"0": ["amount"]}}, True, {})


def span(start: int, end: int) -> dict[str, object]:
    return {"start": start, "end": end, "supported": True, "sources": [1]}


def test_what_an_edit_touches_is_no_longer_supported_and_the_rest_moves() -> None:
    before, after = "One two. Refund $48. End.", "One two. Refund $480. End."
    spans = [span(0, 8), span(9, 20), span(21, 25)]
    first, second, third = moved_spans(spans, before, after)
    assert first == spans[0]
    assert after[second["start"] : second["end"]] == "Refund $480."
    assert (second["supported"], second["sources"]) == (False, [])
    assert (after[third["start"] : third["end"]], third["supported"]) == ("End.", True)


@given(st.text("ab ", max_size=20), st.text("ab ", max_size=20), st.text("ab ", max_size=20))
def test_spans_that_keep_their_support_say_what_they_said(head: str, old: str, new: str) -> None:
    before, after = f"{head}{old}tail", f"{head}{new}tail"
    spans = [span(n, n + 2) for n in range(0, len(before) - 1, 2)]
    for one in moved_spans(spans, before, after):
        assert 0 <= one["start"] < one["end"] <= len(after)
        if one["supported"]:
            said = after[one["start"] : one["end"]]
            assert any(before[s["start"] : s["end"]] == said for s in spans)
