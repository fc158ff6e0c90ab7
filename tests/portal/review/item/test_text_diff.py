"""Two texts laid over each other keep every character of both."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.edit_distance import words_changed
from portal.review.item.text_diff import GONE, NEW, SAME, DiffLine, changed_words, redline

LINES = st.lists(st.sampled_from(["a b c", "a x c", "", "one", "  one", "needs: [a]"]), max_size=12)


def text(line: DiffLine) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_only_the_words_that_differ_are_marked() -> None:
    [block] = redline("rung: draft_only\nwhy: x", "rung: read_only\nwhy: x")
    gone, new, same = block
    assert [(p.text, p.is_marked) for p in gone.pieces] == [
        ("rung: ", False), ("draft_only", True),
    ]  # fmt: skip
    assert [(p.text, p.is_marked) for p in new.pieces] == [("rung: ", False), ("read_only", True)]
    assert (gone.old, gone.new, new.old, new.new) == (1, 0, 0, 1)
    assert (same.what, same.old, same.new) == (SAME, 2, 2)


@pytest.mark.parametrize(
    ("old", "new"), [("44.75", "30.00"), ("1,200.50", "1,300.50"), ("14:20", "15:20")]
)
def test_a_figure_changes_as_a_whole(old: str, new: str) -> None:
    found = changed_words(f"It is ${old} here.", f"It is ${new} here.")
    assert [(part.what, part.text) for part in found] == [
        (SAME, "It is $"),
        (GONE, old),
        (NEW, new),
        (SAME, " here."),
    ]


def test_lines_that_have_nothing_in_common_are_two_lines() -> None:
    [block] = redline("alpha beta gamma", "- {tool: x}")
    assert [any(p.is_marked for p in line.pieces) for line in block] == [False, False]


def test_far_from_a_change_nothing_is_shown() -> None:
    lines = [str(n) for n in range(100)]
    blocks = redline("\n".join(lines), "\n".join(["new", *lines[:-1], "end"]))
    assert len(blocks) == 2
    assert sum(len(block) for block in blocks) == 1 + 3 + 3 + 2


def test_the_same_text_has_no_blocks() -> None:
    assert redline("a\nb", "a\nb") == []


@given(LINES, LINES)
def test_no_line_is_lost_and_numbers_point_at_the_lines(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    lines = [line for block in redline(before, after) for line in block]
    for line in lines:
        assert line.old == 0 or before.split("\n")[line.old - 1] == text(line)
        assert line.new == 0 or after.split("\n")[line.new - 1] == text(line)
    gone = {line.old for line in lines if line.what == GONE}
    came = {line.new for line in lines if line.what == NEW}
    kept_old = [t for n, t in enumerate(before.split("\n"), 1) if n not in gone]
    kept_new = [t for n, t in enumerate(after.split("\n"), 1) if n not in came]
    assert kept_old == kept_new


def said(before: str, after: str) -> str:
    """A running text with what went in [] and what came in {}."""
    marks = {"same": "{}", "gone": "[{}]", "new": "{{{}}}"}
    return "".join(marks[word.what].format(word.text) for word in changed_words(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("We refund you.", "We refund you.", "We refund you."),
        ("We refund you today.", "We refund you soon.", "We refund you [today]{soon}."),
        ("a b c d", "a x y d", "a [b c]{x y} d"),
        ("one\n\ntwo", "one\n\nthree", "one\n\n[two]{three}"),
        ("refunded", "refund", "[refunded]{refund}"),
        ("", "new", "{new}"),
        ("old", "", "[old]"),
    ],
)
def test_a_running_text_shows_which_words_went_and_came(
    before: str, after: str, shown: str
) -> None:
    assert said(before, after) == shown


@given(st.text(alphabet="ab \n.", max_size=40), st.text(alphabet="ab \n.", max_size=40))
def test_both_texts_can_be_read_from_it(before: str, after: str) -> None:
    found = changed_words(before, after)
    assert "".join(w.text for w in found if w.what != "new") == before
    assert "".join(w.text for w in found if w.what != "gone") == after


def test_a_very_long_text_is_compared_by_the_line() -> None:
    lines = [f"line {n} of many\n" for n in range(5000)]
    changed = [*lines[:100], "line 100 of few\n", *lines[101:]]
    found = changed_words("".join(lines), "".join(changed))
    assert [w.text for w in found if w.what != "same"] == [
        "line 100 of many\n",
        "line 100 of few\n",
    ]


def noise(letters: str, count: int) -> str:
    return "".join(random.Random(count).choices(letters, k=count))


HARD = {
    "few letters, no order": (noise("ab \n", 100_000), noise("ba\n ", 100_000)),
    "two words in turn": ("a b " * 2400, "b a a b " * 1200),
    "blanks": (" " * 10_000, "\t " * 4000),
    "lines that are nearly alike": ("a b c\n" * 15_000, "a b d\n" * 15_000),
    "long lines": (("x " * 990 + "\n") * 50, ("y x " * 490 + "\n") * 50),
    "numbered lines": ("\n".join(map(str, range(20_000))), "\n".join(map(str, range(9, 20_000)))),
}


@pytest.mark.parametrize(("before", "after"), HARD.values(), ids=HARD)
def test_texts_that_are_hard_to_compare_take_little_time(before: str, after: str) -> None:
    """G8"""
    began = time.thread_time()
    parts = changed_words(before, after)
    redline(before, after)
    assert words_changed(before, after) > 0 or before.split() == after.split()
    assert time.thread_time() - began < 4
    assert "".join(part.text for part in parts if part.what != NEW) == before
    assert "".join(part.text for part in parts if part.what != GONE) == after


def test_a_long_letter_with_a_few_edits_is_compared_by_the_word() -> None:
    known = [
        "the",
        "a",
        "of",
        "to",
        "in",
        "our",
        "customer",
        "order",
        "refund",
        "lamp",
        "is",
        "broken",
        "box",
        "please",
        "we",
        "will",
        "send",
        "it",
    ]
    old = random.Random(7).choices(known, k=1500)
    new = [*old]
    for n in range(50, 1500, 70):
        new[n] = "mended"
    parts = changed_words(" ".join(old), " ".join(new))
    assert sum(part.what == NEW for part in parts) > 10
    assert sum(len(part.text) for part in parts if part.what == NEW) < 1000


def test_many_short_lines_beside_few_long_ones_are_compared_soon() -> None:
    """G8. Lines are not cut into words any more once the work is done."""
    many = "\n".join(str(n) for n in range(12_000))
    began = time.thread_time()
    redline(many, ("a " * 990 + "\n") * 30)
    assert time.thread_time() - began < 4
