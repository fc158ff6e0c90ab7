"""Two sequences are compared in full, or by their ends where that takes too much work."""

import pytest

from approvals.text.differences import Opcode, Work, coarse, opcodes


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("", "", []),
        ("a", "a", [("equal", 0, 1, 0, 1)]),
        ("a b", "a c", [("equal", 0, 1, 0, 1), ("replace", 1, 2, 1, 2)]),
        ("a", "a b", [("equal", 0, 1, 0, 1), ("insert", 1, 1, 1, 2)]),
        ("a b", "b", [("delete", 0, 1, 0, 0), ("equal", 1, 2, 0, 1)]),
        (
            "a x b y c",
            "a b c",
            [
                ("equal", 0, 1, 0, 1),
                ("delete", 1, 2, 1, 1),
                ("equal", 2, 3, 1, 2),
                ("delete", 3, 4, 2, 2),
                ("equal", 4, 5, 2, 3),
            ],
        ),
    ],
)
def test_what_changed_is_told_word_by_word(one: str, other: str, wanted: list[Opcode]) -> None:
    assert opcodes(one.split(), other.split()) == wanted


def test_work_is_counted_by_words_and_by_pairs_of_equal_ones() -> None:
    """Two for the two words, one for the word that is looked up, one for the pair."""
    enough, short = Work(4), Work(3)
    assert opcodes(["a"], ["a"], enough) == [("equal", 0, 1, 0, 1)]
    assert enough.left == 0
    assert opcodes(["a"], ["a"], short) is None
    assert opcodes(["a"], ["b"], Work(3)) == [("replace", 0, 1, 0, 1)]
    assert opcodes(["a"], ["b"], Work(2)) is None


def test_texts_that_share_their_work_use_it_up_together() -> None:
    work = Work(8)
    assert opcodes(["a"], ["a"], work) is not None
    assert opcodes(["a"], ["a"], work) is not None
    assert opcodes(["a"], ["a"], work) is None


def test_many_equal_words_are_given_up() -> None:
    """4,000 words of two kinds have eight million equal pairs."""
    assert opcodes(["a", "b"] * 2000, ["b", "a"] * 2000) is None


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("", "", []),
        ("a b", "a b", [("equal", 0, 2, 0, 2)]),
        ("", "a", [("insert", 0, 0, 0, 1)]),
        ("a", "", [("delete", 0, 1, 0, 0)]),
        ("a", "b", [("replace", 0, 1, 0, 1)]),
        ("a", "a b", [("equal", 0, 1, 0, 1), ("insert", 1, 1, 1, 2)]),
        ("x a", "a", [("delete", 0, 1, 0, 0), ("equal", 1, 2, 0, 1)]),
        ("a a", "a", [("equal", 0, 1, 0, 1), ("delete", 1, 2, 1, 1)]),
        (
            "a x b y c",
            "a b c",
            [("equal", 0, 1, 0, 1), ("replace", 1, 4, 1, 2), ("equal", 4, 5, 2, 3)],
        ),
        (
            "a b c d",
            "a x c d",
            [("equal", 0, 1, 0, 1), ("replace", 1, 2, 1, 2), ("equal", 2, 4, 2, 4)],
        ),
    ],
)
def test_a_coarse_comparison_replaces_all_between_the_common_ends(
    one: str, other: str, wanted: list[Opcode]
) -> None:
    assert coarse(one.split(), other.split()) == wanted
