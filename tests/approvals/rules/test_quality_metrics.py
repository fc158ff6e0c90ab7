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


def test_a_draw_is_kept_over_releases() -> None:
    """The keyed hash of this id begins with 0xdaf165c4b1ca97fe, which is 50 modulo 100."""
    item = UUID(int=1)
    assert not is_drawn(b"key", item, 50)
    assert is_drawn(b"key", item, 51)


def test_no_share_or_less_draws_nothing() -> None:
    assert not any(
        is_drawn(b"key", UUID(int=n), percent) for n in range(300) for percent in (0, -5)
    )
    assert all(is_drawn(b"key", UUID(int=n), 100) for n in range(300))


@pytest.mark.parametrize(
    ("count", "every", "percent"), [(1, 3, 33), (2, 3, 67), (0, 5, 0), (5, 5, 100), (0, 0, None)]
)
def test_a_share_is_in_whole_percent_and_none_of_nothing(
    count: int, every: int, percent: int | None
) -> None:
    assert Share(count, every).percent == percent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two", 2),
        ("don't", 1),
        ("1,234.50", 1),
        ("10:30", 1),
        ("e-mail", 1),
        ("wait - now", 2),
        ("end. Next", 2),
        ("a/b", 2),
        ("…!?", 0),
        ("über straße", 2),
    ],
)
def test_a_word_holds_the_signs_inside_it_and_none_around_it(text: str, words: int) -> None:
    assert words_in(text) == words


def test_no_texts_have_no_words() -> None:
    assert count_words([]) == 0


def test_decisions_are_judged_in_the_order_of_time_whatever_order_they_come_in() -> None:
    one_by_one = [judged(n, seconds=1 if n >= LONG else 60) for n in range(40)]
    assert habits(reversed(one_by_one)) == habits(one_by_one)


def test_the_middle_time_and_length_are_told() -> None:
    found = habits([judged(n, seconds=s, words=w) for n, (s, w) in enumerate([(4, 9), (6, 1)])])
    assert (found.seconds, found.words) == (5, 5)
    assert habits([judged(0, seconds=None)]).seconds is None
    assert habits([]).words == 0


def test_only_acceptances_whose_time_was_measured_are_fast_or_not() -> None:
    untimed, rejected = judged(0, seconds=None), judged(1, "reject", seconds=1)
    assert habits([untimed, rejected]).fast == Share(0, 0)


@pytest.mark.parametrize(("gap", "is_late"), [(3599, True), (3600, False)])
def test_an_hour_before_is_no_longer_in_the_same_sitting(gap: int, is_late: bool) -> None:
    times = [NOON] * LONG + [NOON + timedelta(seconds=gap)]
    assert late_ones(times)[-1] is is_late


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


@pytest.mark.parametrize("choice", ["take_over", "resolve", "accept"])
def test_no_other_choice_catches_a_mistake_whatever_was_edited(choice: str) -> None:
    assert not is_caught(choice, PLANTED, True, {0: {"amount": 1}})


def test_one_argument_among_several_is_enough_to_catch_it() -> None:
    planted = {"draft": False, "args": {"0": ["amount"], "12": ["to", "subject"]}}
    assert is_caught("correct", planted, False, {0: {"order": 1}, 12: {"body": 1, "subject": 1}})
    assert not is_caught("correct", planted, False, {1: {"to": 1}})
    assert not is_caught("correct", planted, False, {})


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


@pytest.mark.parametrize(
    ("before", "after", "given", "wanted"),
    [
        ("One two.", "One two.", (0, 8), (0, 8, True)),
        ("One two.", "One two. Three.", (0, 8), (0, 8, True)),
        ("One.", "So. One.", (0, 4), (4, 8, True)),
        ("One. Two.", "One. Six. Two.", (5, 9), (10, 14, True)),
        # What comes before begins like the span itself, so where it ends can't be told.
        ("One. Two.", "One. Three. Two.", (5, 9), (5, 16, False)),
        ("One. Two.", "One. Tho.", (0, 4), (0, 4, True)),
        ("One. Two.", "One. Tho.", (5, 9), (5, 9, False)),
        ("One two.", "One or two.", (0, 8), (0, 11, False)),
        ("One or two.", "One two.", (0, 11), (0, 8, False)),
        ("aaa", "aaaa", (0, 3), (0, 3, True)),
        ("ab", "cd", (0, 2), (0, 2, False)),
        # The edit reaches over the end of the span, so the span grows to all that was written.
        ("One two three.", "One xx.", (4, 7), (4, 6, False)),
    ],
)
def test_a_span_keeps_its_support_unless_the_edit_touches_it(
    before: str, after: str, given: tuple[int, int], wanted: tuple[int, int, bool]
) -> None:
    [found] = moved_spans([span(*given)], before, after)
    assert (found["start"], found["end"], found["supported"]) == wanted
    assert found["sources"] == ([1] if wanted[2] else [])


def test_a_span_whose_text_was_deleted_is_gone() -> None:
    assert moved_spans([span(0, 4), span(5, 9)], "One. Two.", "Two.") == [span(0, 4)]
    assert moved_spans([span(0, 4)], "One.", "") == []


def test_a_text_without_spans_has_none_after_an_edit() -> None:
    assert moved_spans([], "One.", "Two.") == []
