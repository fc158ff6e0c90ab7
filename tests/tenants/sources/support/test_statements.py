"""A text is read sentence by sentence, each once, with its words, names and numbers."""

from decimal import Decimal
from typing import Any

import pytest

from tenants.sources.support.languages import ENGLISH, GERMAN
from tenants.sources.support.statements import (
    Statement,
    find_statement,
    plain_of,
    record_statement,
    statements_of,
    text_language,
)


def sentences(text: str) -> list[str]:
    return [one.text for one in statements_of(text, ENGLISH)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One is. Two are! Three?", ["One is.", "Two are!", "Three?"]),
        ("Send e.g. a photo. Then wait.", ["Send e.g. a photo.", "Then wait."]),
        ("Dr. Lee decides.", ["Dr. Lee decides."]),
        ("It costs 1.5 kg.", ["It costs 1.5 kg."]),
        ("One\n\nTwo", ["One", "Two"]),
        ("One\nTwo", ["One", "Two"]),
        ("One\nand more", ["One\nand more"]),
        ("- one\n- Two\n# Three", ["one", "Two", "Three"]),
        ("返金はお受けしておりません。次", ["返金はお受けしておりません。", "次"]),
        ("a\u200bb is.", ["ab is."]),
        (" \n ", []),
        ("x" * 5000, ["x" * 4000]),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_each_sentence_has_its_own_language_or_the_texts() -> None:
    found = list(statements_of("Die Ware wird erstattet. Lamp. The lamp is new.", GERMAN))
    assert [one.language for one in found] == [GERMAN, GERMAN, ENGLISH]
    assert [one.language for one in statements_of("Lamp.", None)] == [ENGLISH]


def test_a_sentence_has_words_stems_and_meaning() -> None:
    one = Statement("The e-mail isn't refunded within two days.", ENGLISH)
    assert one.words == ["the", "e-mail", "isn't", "refunded", "within", "two", "days"]
    assert one.word_set >= {"e-mail", "e", "mail"}
    # No small words, denials or number words.
    assert one.content == {"e-mail", "refund", "within", "day"}
    assert one.ordered == ["the", "e-mail", "isn't", "refunded", "within", "two", "days"]
    assert one.content_stem("x") == ""
    [number] = one.numbers
    assert (number.said, number.kind, number.values) == ("two", "minutes", {Decimal(2 * 24 * 60)})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ask Dana or Sam.", ["Dana", "Sam"]),
        ("Dana decides.", []),
        ("It says: Dana decides.", []),
        ("The HP-100 and hp-200 are new.", ["HP-100", "hp-200"]),
        ("I am A now.", []),
        ("Open 9am-5pm on Monday.", ["Monday"]),
    ],
)
def test_names_are_capitals_within_a_sentence_and_codes(text: str, names: list[str]) -> None:
    assert Statement(text, ENGLISH).names == names


def test_in_german_only_codes_are_names() -> None:
    assert Statement("Die Ware HP-100 ist neu.", GERMAN).names == ["HP-100"]


def test_a_sentence_denies_and_compares() -> None:
    one = Statement("Lamps are not refunded, but take at least 3 days.", ENGLISH)
    assert [(d.word, d.scope) for d in one.denials] == [("not", ("refund",))]
    assert one.directions == {"least"}
    prefixed = Statement("It is non-refundable.", ENGLISH)
    assert [(d.word, d.scope) for d in prefixed.denials] == [("non", ("refund",))]


def test_a_quotation_is_told_by_its_words_numbers_and_signs() -> None:
    assert plain_of("“Refunds: $48.20!” (today)") == plain_of("refunds $48.20 today")
    assert plain_of("Refunds: $48.20") != plain_of("Refunds: €48.20")
    assert plain_of("Refunds: $48.20") != plain_of("Refunds: $48.2")


def test_a_draft_in_no_known_language_has_no_statement() -> None:
    assert find_statement("返金はお受けしておりません") is None
    assert find_statement("Ceramic lamp") is None
    fallback = find_statement("Ceramic lamp", None, GERMAN, ENGLISH)
    own = find_statement("The lamp is new", GERMAN)
    assert fallback is not None
    assert own is not None
    assert (fallback.language, own.language) == (GERMAN, ENGLISH)


def test_a_text_has_the_language_of_most_of_its_words() -> None:
    assert text_language("Die Ware wird nicht erstattet. It is new.") is GERMAN
    assert text_language("返金はお受けしておりません") is None
    assert text_language("") is None


def record(**fields: Any) -> Statement:
    return record_statement("order_list", fields, ENGLISH)


def test_a_record_is_one_sentence_of_its_fields() -> None:
    one = record(customer="Mia Chen", shipped_on=None, note="", gift="yes")
    assert one.is_record
    assert one.text == "order list. customer Mia Chen. shipped on. note. gift"


def test_a_no_in_a_record_denies_its_field() -> None:
    for no in (False, "false", " No "):
        one = record(shipped=no)
        assert [(d.word, d.scope) for d in one.denied] == [("false", ("ship",))]
        assert one.text == "order list. shipped"
    assert record(shipped=True).denied == ()


@pytest.mark.parametrize(
    ("fields", "values", "kind", "currency"),
    [
        ({"total_cents": 4820}, {"48.20"}, "money", ""),
        ({"total_cents": 4820, "currency": "usd"}, {"48.20"}, "money", "USD"),
        ({"totalCents": "4820", "currency": "EUR"}, {"48.20"}, "money", "EUR"),
        ({"price": "48.20", "currency": "USD"}, {"48.20"}, "money", "USD"),
    ],
)
def test_an_amount_of_a_record_has_its_currency(
    fields: dict[str, Any], values: set[str], kind: str, currency: str
) -> None:
    [number] = record(**fields).record_numbers
    assert (number.values, number.kind, number.currency) == (
        {Decimal(value) for value in values},
        kind,
        currency,
    )


def test_a_number_of_a_record_counts_with_and_without_the_unit_in_its_name() -> None:
    found = [(n.kind, n.said) for n in record(fee_percent=10).record_numbers]
    assert found == [("thing", "10"), ("percent", "10")]
    assert [n.said for n in record(quantity=3).record_numbers] == ["3"]


def test_the_number_of_a_list_is_no_sentence() -> None:
    text = "1. Two years of care.\n2) Three days to return it. 4. is left."
    assert [one.text for one in statements_of(text, ENGLISH)][:2] == [
        "Two years of care.",
        "Three days to return it.",
    ]
