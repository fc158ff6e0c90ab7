"""A sentence that shares a statement's words may still say otherwise; the reason is told."""

import pytest

from tenants.sources.support.contradictions import meaning_against, similarity
from tenants.sources.support.languages import ENGLISH
from tenants.sources.support.statements import Statement


def against(said: str, source: str) -> str:
    read, one = Statement(said, ENGLISH), Statement(source, ENGLISH)
    return meaning_against(read, one, [one], one.word_set | one.stems)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Lamps are refunded.", "Lamps are refunded."),
        ("Lamps are not refunded.", "Lamps are not refunded."),
        ("You get a refund.", "You receive a refund."),
        ("Repairs take at least three days.", "Repairs take at least three days."),
        ("Please note that lamps are refunded in full.", "Lamps are refunded in full."),
    ],
)
def test_what_means_the_same_has_nothing_against_it(said: str, source: str) -> None:
    assert against(said, source) == ""


@pytest.mark.parametrize(
    ("said", "source", "why"),
    [
        ("Lamps are refunded.", "Lamps are not refunded.", "The source says “not” of this"),
        ("Lamps are not refunded.", "Lamps are refunded.",
         "The source does not say “not” of this"),
        ("Lamps take at most three days.", "Lamps take at least three days.",
         "The source compares the other way: at least or at most"),
        ("Lamps take at least three days.", "Lamps take three days.",
         "The source sets no such lower bound"),
        ("Pay before delivery of goods.", "Pay after delivery of goods.",
         "The source says “after”, not “before”"),
        ("Used lamps are refunded.", "Unused lamps are refunded.",
         "The source says “unused”, not “used”"),
        ("You must open the lamp box.", "You may open the lamp box.",
         "The source says “may”, not “must”"),
        ("You may open the lamp box.", "You must open the lamp box.",
         "The source says “must”, not “may”"),
        ("Only lamps are refunded.", "Lamps are refunded.", "The source does not say “only”"),
        ("Dana refunds broken lamps today.", "Dana refunds broken stools today.",
         "The source says “stools” where this says “lamps”"),
    ],
)  # fmt: skip
def test_what_says_otherwise_is_told_with_the_word(said: str, source: str, why: str) -> None:
    assert against(said, source) == why


@pytest.mark.parametrize(
    ("said", "source", "share"),
    [
        ("one two three", "one two three", 1.0),
        ("one two", "one two three four", 0.5),
        ("lamps break", "stools stand", 0.0),
        ("lamp breaks", "lamps break", 1.0),
        ("", "lamps", 0.0),
        ("word " * 91, "word " * 91, 0.0),
        ("word " * 90, "word " * 90, 1.0),
    ],
)
def test_similarity_is_the_share_of_words_in_the_same_order(
    said: str, source: str, share: float
) -> None:
    assert similarity(Statement(said, ENGLISH), Statement(source, ENGLISH)) == share
