"""The pure parts of the weekly report: weeks, words, tallies."""

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
