"""A sentence's language is told by its small words, and its letters have one spelling."""

import pytest

from tenants.sources.support.languages import (
    DUTCH,
    ENGLISH,
    FRENCH,
    GERMAN,
    ITALIAN,
    LANGUAGES,
    PORTUGUESE,
    SPANISH,
    Language,
    folded,
    is_latin,
    language_of,
    stem,
    word_table,
)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("the lamp is not refunded", ENGLISH),
        ("die ware wird nicht erstattet", GERMAN),
        ("les articles ne sont pas remboursés", FRENCH),
        ("los artículos no se devuelven", SPANISH),
        ("gli articoli non sono rimborsati", ITALIAN),
        ("de artikelen worden niet vergoed", DUTCH),
        ("os artigos não são devolvidos", PORTUGUESE),
        ("doesn't work", ENGLISH),
        ("ceramic lamp", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_small_words(sentence: str, language: Language | None) -> None:
    assert language_of(sentence.split()) is language


def test_of_two_languages_with_as_many_words_the_likely_one_is_chosen() -> None:
    """ "en" is Spanish, French and Dutch."""
    assert language_of(["en"], SPANISH) is SPANISH
    assert language_of(["en"], DUTCH) is DUTCH
    assert language_of(["en"], None, DUTCH) is DUTCH
    assert language_of(["en", "les"], DUTCH) is FRENCH


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Straße", "strasse"),
        ("DON’T", "don't"),
        ("re\u00adfund", "refund"),
        ("a\u200bb", "ab"),
        ("e\u2011mail \u22125", "e-mail -5"),
        ("ﬁx", "fix"),
    ],
)
def test_a_text_is_folded_into_one_spelling(text: str, one: str) -> None:
    assert folded(text) == one


@pytest.mark.parametrize(
    ("text", "is_it"),
    [("abc", True), ("", True), ("123 €", True), ("ab вг", True), ("a вг", False), ("返金", False)],
)
def test_a_text_is_latin_where_at_least_half_of_its_letters_are(text: str, is_it: bool) -> None:
    assert is_latin(text) is is_it


def test_words_are_compared_without_their_endings() -> None:
    assert stem("refunded") == stem("refunds") == stem("refund") == "refund"
    assert stem("shop's") == stem("shop")
    assert stem("erstattet", "german") == stem("erstatten", "german")
    assert stem("s" * 61) == "s" * 61


def test_each_language_counts_and_denies_in_words_of_its_own() -> None:
    assert word_table(" a  b\nc ") == {"a", "b", "c"}
    for language in LANGUAGES:
        assert 100 in language.numbers.values(), language.name
    assert [language.numbers[two] for language, two in
            zip(LANGUAGES, ["two", "zwei", "deux", "dos", "due", "twee", "dois"], strict=True)
            ] == [2] * 7  # fmt: skip
    for language, no in zip(
        LANGUAGES, ["not", "nicht", "pas", "no", "non", "niet", "não"], strict=True
    ):
        assert no in language.denials, language.name
    assert (ENGLISH.numbers["twenty"], GERMAN.numbers["fünfzehn"]) == (20, 15)


@pytest.mark.parametrize(
    ("words", "counted"),
    [("isn't is wasn't", ENGLISH), ("doesn't en en", SPANISH), ("qqqn't", ENGLISH)],
)
def test_a_word_in_not_counts_once_for_each_language(words: str, counted: Language) -> None:
    assert language_of(words.split(), SPANISH if "en" in words.split() else None) is counted


def test_letters_of_ascii_are_latin() -> None:
    assert is_latin("Refund 40.00 USD!")
    assert is_latin("")
    assert not is_latin("возврат a")
