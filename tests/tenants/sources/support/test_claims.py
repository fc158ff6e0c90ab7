"""Comparisons, denials and prefixes that turn a statement round."""

import pytest

from tenants.sources.support.claims import (
    OPPOSITES,
    Denial,
    denials,
    directions,
    is_denial,
    prefixed,
    without_comparisons,
)
from tenants.sources.support.languages import ENGLISH, GERMAN, Language


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at least 3 days", {"least"}),
        ("3 days or more", {"least"}),
        ("mindestens 3 tage", {"least"}),
        ("über 200 €", {"least"}),
        ("at most 3 days", {"most"}),
        ("no more than 3", {"most"}),
        ("up to two weeks", {"most"}),
        ("must not exceed 3", {"most"}),
        ("innerhalb von 3 tagen", {"most"}),
        ("at least 3 and at most 5", {"least", "most"}),
        ("exactly 3 days", set()),
        ("über die lampe", set()),
        ("overall", set()),
    ],
)
def test_a_text_compares_upwards_or_downwards(text: str, found: set[str]) -> None:
    assert directions(text) == found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("not only parts but also labour", "parts but also labour"),
        ("not only parts", "not only parts"),
        ("no more than 3", "3"),
        ("not refunded", "not refunded"),
    ],
)
def test_what_compares_or_adds_denies_nothing(text: str, left: str) -> None:
    assert " ".join(without_comparisons(text).split()) == left


def _clause(text: str) -> list[tuple[str, str]]:
    """Words with themselves as stems; those in capitals are small words."""
    return [(word.lower(), "" if word.isupper() else word) for word in text.split()]


@pytest.mark.parametrize(
    ("clauses", "language", "found"),
    [
        (["lamps ARE NOT refunded here"], ENGLISH, [Denial("not", ("refunded", "here"))]),
        (["NOT one two three four"], ENGLISH, [Denial("not", ("one", "two", "three"))]),
        (["NOT one NEVER two"], ENGLISH, [Denial("not", ("one",)), Denial("never", ("two",))]),
        # What follows nothing denies what goes before it.
        (["lamps break NOT"], ENGLISH, [Denial("not", ("break",))]),
        (["waren erstatten WIR NICHT heute"], GERMAN, [Denial("nicht", ("erstatten", "heute"))]),
        # The first of two denies past the second.
        (
            ["NEITHER anna NOR ben approves"],
            ENGLISH,
            [Denial("neither", ("anna", "ben", "approves")), Denial("nor", ("ben", "approves"))],
        ),
        # A clause without a verb of its own denies what it alone speaks of.
        (
            ["premium plans HAVE storage", "basic plans DO NOT"],
            ENGLISH,
            [Denial("not", ("basic",))],
        ),
        (["plans ARE free"], ENGLISH, []),
        ([], ENGLISH, []),
    ],
)
def test_a_denial_reaches_the_next_words_with_a_meaning(
    clauses: list[str], language: Language, found: list[Denial]
) -> None:
    assert denials([_clause(one) for one in clauses], language) == found


def test_a_word_denies_in_its_own_language() -> None:
    assert is_denial("not", ENGLISH)
    assert is_denial("shan't", GERMAN)
    assert not is_denial("nicht", ENGLISH)
    assert not is_denial("knot", ENGLISH)


@pytest.mark.parametrize(
    ("word", "others", "found"),
    [
        ("unused", {"used"}, "used"),
        ("used", {"unused"}, "unused"),
        ("possible", {"impossible"}, "impossible"),
        ("non-refundable", {"refundable"}, "refundable"),
        ("used", {"used"}, ""),
        ("until", {"til"}, ""),
        ("til", {"until"}, ""),
        ("lamp", {"stool"}, ""),
    ],
)
def test_a_prefix_makes_a_word_its_opposite(word: str, others: set[str], found: str) -> None:
    assert prefixed(word, frozenset(others)) == found


def test_opposites_are_opposites_both_ways() -> None:
    assert OPPOSITES["before"] == {"after"}
    assert OPPOSITES["more"] == {"less", "fewer"}
    assert OPPOSITES["fewer"] == {"more"}
    assert all(word in OPPOSITES[other] for word, found in OPPOSITES.items() for other in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no less than 5 days", {"least"}),
        ("not fewer than two", {"least"}),
        ("never earlier than noon", {"least"}),
        ("less than 5 days", {"most"}),
        ("no more than 5 days", {"most"}),
    ],
)
def test_a_denied_comparison_points_the_other_way(text: str, found: set[str]) -> None:
    assert directions(text) == found
    assert "no" not in without_comparisons(text).split()
