"""Actions are described from their stored arguments, amounts as people write them."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from approvals.rules.phrases import (
    LARGEST,
    fill_phrase,
    has_hidden,
    is_money,
    money,
    show,
    title_of,
    titled,
)


@dataclass
class _Tool:
    title: str
    phrases: dict[str, Any] = field(default_factory=dict)


def usd(value: Any) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


@pytest.mark.parametrize(
    ("value", "is_it"),
    [
        (usd(4820), True),
        (usd(0), True),
        (usd(-4820), True),
        (usd(LARGEST - 1), True),
        (usd(LARGEST), False),
        (usd(1 - LARGEST), True),
        (usd(-LARGEST), False),
        (usd(True), False),
        (usd(48.2), False),
        (usd("4820"), False),
        (usd(None), False),
        ({"value": 4820, "currency": "usd"}, False),
        ({"value": 4820, "currency": "XXZ"}, False),
        ({"value": 4820, "currency": ["USD"]}, False),
        ({"value": 4820}, False),
        ({"value": 4820, "currency": "USD", "note": ""}, False),
        ([4820, "USD"], False),
        (None, False),
    ],
)
def test_money_is_a_whole_number_of_minor_units_with_a_currency_and_nothing_else(
    value: Any, is_it: bool
) -> None:
    assert is_money(value) is is_it


@pytest.mark.parametrize(
    ("value", "currency", "locale", "said"),
    [
        (4820, "USD", "en_US", "$48.20"),
        (5, "USD", "en_US", "$0.05"),
        (-4820, "USD", "en_US", "-$48.20"),
        (123456789, "USD", "en_US", "$1,234,567.89"),
        (5000, "JPY", "en_US", "¥5,000"),
        (4820, "EUR", "de_DE", "48,20\u00a0€"),
        # 2^53 - 1 cents; a float loses the cent.
        (LARGEST - 1, "USD", "en_US", "$90,071,992,547,409.91"),
        (4820, "USD", "xx_XX", "$48.20"),
        (4820, "USD", "no locale", "$48.20"),
    ],
)
def test_an_amount_is_said_as_its_country_writes_it(
    value: int, currency: str, locale: str, said: str
) -> None:
    assert money({"value": value, "currency": currency}, locale) == said


def test_what_is_no_amount_is_never_said_as_one() -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        money({"value": "4820", "currency": "USD"})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "nothing"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (48.5, "48.5"),
        ("", ""),
        ("a\u200bb", "a⟦U+200B⟧b"),
        (usd(4820), "$48.20"),
        (usd("4820"), "value: 4820, currency: USD"),
        ({"si\u200bze": {"width": 2}}, "si⟦U+200B⟧ze: width: 2"),
        (["a", None, usd(5)], "a, nothing, $0.05"),
        ([], ""),
    ],
)
def test_an_argument_is_shown_as_a_person_reads_it(value: Any, said: str) -> None:
    assert show(value) == said


def test_amounts_inside_an_argument_are_said_in_the_clients_locale_too() -> None:
    euros = {"value": 4820, "currency": "EUR"}
    assert show(euros, "de_DE") == "48,20\u00a0€"
    assert show({"price": euros}, "de_DE") == "price: 48,20\u00a0€"
    assert show([euros], "de_DE") == "48,20\u00a0€"


@pytest.mark.parametrize(
    ("value", "has"),
    [
        ("plain", False),
        ("a\u200bb", True),
        ({"a\u200bb": 1}, True),
        ({"name": {"deep": ["ok", "a\u200bb"]}}, True),
        (["ok", {"name": "fine"}], False),
        (5, False),
        (None, False),
    ],
)
def test_hidden_characters_are_seen_in_names_and_values_however_deep(value: Any, has: bool) -> None:
    assert has_hidden(value) is has


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("Refund {amount} on order {order}", "Refund $48.20 on order 10412"),
        ("To {person.name}", "To Mia"),
        ("{order}{order}", "1041210412"),
        ("{person.e_mail}", "(person.e mail?)"),
        ("{order.number}", "(order.number?)"),
        ("{no_such}", "(no such?)"),
        ("{gone}", "nothing"),
        ("{1} { order }", "{1} { order }"),
        ("no field", "no field"),
    ],
)
def test_a_phrase_is_filled_from_the_arguments_and_names_what_is_missing(
    phrase: str, said: str
) -> None:
    args = {"amount": usd(4820), "order": "10412", "person": {"name": "Mia"}, "gone": None}
    assert fill_phrase(phrase, args) == said


def test_a_phrase_says_amounts_in_the_clients_locale() -> None:
    args = {"amount": {"value": 4820, "currency": "EUR"}}
    assert fill_phrase("Refund {amount}", args, "de_DE") == "Refund 48,20\u00a0€"
    tool = _Tool("Refund", {"title": "Refund {amount}"})
    assert titled(tool, args, "de_DE") == "Refund 48,20\u00a0€"


def test_an_action_is_called_by_its_tools_phrase_or_else_by_the_tools_title() -> None:
    args = {"to": "mia@customers.example"}
    assert titled(_Tool("E-mail", {"title": "E-mail {to}"}), args) == "E-mail mia@customers.example"
    assert titled(_Tool("E-mail", {"title": ""}), args) == "E-mail"
    assert titled(_Tool("E-mail"), args) == "E-mail"


def test_a_group_is_called_by_its_first_action_in_full_and_by_what_the_others_add() -> None:
    refund = _Tool("Refund", {"title": "Refund {amount}", "also": "refund {amount}"})
    mail = _Tool("E-mail", {"title": "E-mail {to}", "also": "tell them why"})
    log = _Tool("Note")
    args = {"amount": usd(4820), "to": "mia@customers.example"}
    assert title_of([(refund, args), (mail, args)]) == "Refund $48.20 and tell them why"
    assert title_of([(mail, args), (refund, args)]) == (
        "E-mail mia@customers.example and refund $48.20"
    )
    assert title_of([(refund, args), (log, args)]) == "Refund $48.20 and Note"
    assert title_of([]) == ""
