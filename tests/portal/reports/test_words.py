"""Sentences and figures of a report, as they are written."""

import pytest

from portal.reports import words


@pytest.mark.parametrize(
    ("decided", "accepted", "needed", "said"),
    [
        (63, 54, 2, "Of 63 pieces of work, you accepted 54 as written. Two decisions need you."),
        (7, 5, 1, "Of seven pieces of work, you accepted five as written. One decision needs you."),
        (7, 7, 0, "You accepted all seven pieces of work as written. Nothing needs you now."),
        (
            1,
            1,
            0,
            "One piece of work was decided, and you accepted it as written. Nothing needs you now.",
        ),
        (
            1,
            0,
            11,
            "One piece of work was decided, and it was not accepted as written. "
            "11 decisions need you.",
        ),
        (13, 10, 0, "Of 13 pieces of work, you accepted 10 as written. Nothing needs you now."),
        (4, 0, 0, "Of four pieces of work, you accepted none as written. Nothing needs you now."),
        (0, 0, 0, "Nothing was decided this week. Nothing needs you now."),
    ],
)
def test_the_headline_is_right_for_none_one_and_many(
    decided: int, accepted: int, needed: int, said: str
) -> None:
    assert words.plain_sentence(words.headline(decided, accepted, needed)) == said


def test_comparisons_say_which_way_it_went() -> None:
    now, before = {"accepted": 86, "decided": 100}, {"accepted": 79, "decided": 100}
    assert words.share_note(now, before) == ["86%", "up from 79%"]
    assert words.share_note(before, now) == ["79%", "down from 86%"]
    assert words.share_note(now, {"accepted": 0, "decided": 0}) == ["86%", ""]
    assert words.share_note({"accepted": 0, "decided": 0}, now) == ["", ""]
    assert words.change_note(5, 9) == "down from 9"
    assert words.change_note(5, 0) == "never the week before"
    assert words.change_note(0, 0) == ""


@pytest.mark.parametrize(
    ("micros", "said"),
    [(0, "$0.00"), (1, "less than $0.01"), (4_100_000, "$4.10"), (1_234_567_890, "$1,234.57")],
)
def test_cost_is_said_in_dollars(micros: int, said: str) -> None:
    assert words.dollars(micros) == said


@pytest.mark.parametrize(
    ("n", "said", "often"),
    [
        (0, "no", "0 times"),
        (1, "one", "once"),
        (2, "two", "2 times"),
        (10, "ten", "10 times"),
        (11, "11", "11 times"),
        (1234, "1,234", "1,234 times"),
    ],
)
def test_a_number_is_a_word_up_to_ten(n: int, said: str, often: str) -> None:
    assert (words.number(n), words.times(n)) == (said, often)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (5, 5, "as the week before"),
        (0, 1_000, "down from 1,000"),
        (6, 5, "up from 5"),
    ],
)
def test_a_count_is_held_against_the_week_before(now: int, before: int, said: str) -> None:
    assert words.change_note(now, before) == said


def test_a_share_that_stayed_says_so() -> None:
    same = {"accepted": 1, "decided": 2}
    assert words.share_note(same, same) == ["50%", "as the week before"]


def test_the_parts_of_a_headline_lead_to_what_they_count() -> None:
    assert [key for _, key in words.headline(7, 5, 1) if key] == [
        "decided",
        "accepted",
        "decisions",
    ]
    assert [key for _, key in words.headline(7, 0, 0) if key] == ["decided"]


@pytest.mark.parametrize(
    ("micros", "said"),
    [(9_999, "less than $0.01"), (10_000, "$0.01"), (999_994_999, "$999.99")],
)
def test_cost_below_a_cent_is_said_to_be(micros: int, said: str) -> None:
    assert words.dollars(micros) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Refund  for\nMia", "Refund for Mia"),
        ("Refund for Mia", "Refund for Mia"),
        ("Refund for, Mia", "Refund for…"),
        ("Refundforevermore", "Refundforeverm…"),
    ],
)
def test_a_text_is_cut_at_a_word_and_says_so(text: str, said: str) -> None:
    assert words.shortened(text, 14) == said


def test_a_fingerprint_is_read_out_in_fours() -> None:
    assert words.short_fingerprint("0123456789abcdef" * 4) == "0123 4567 89ab cdef"
