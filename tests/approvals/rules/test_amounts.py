"""Amounts are found in arguments, and what can't be read as one is known (cases A13, 9b)."""

from typing import Any

import pytest

from approvals.rules.amounts import (
    amounts,
    has_unreadable,
    names_money,
    unreadable_in,
)


def test_amounts_are_found_however_deep() -> None:
    one = {"value": 1, "currency": "USD"}
    assert amounts({"lines": [{"price": one}, {"price": one}], "note": "1"}) == [one, one]


def _schema(**properties: dict) -> dict:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("kind", "schema", "unreadable"),
    [
        ("refund", _schema(amount=_schema(value={}, currency={})), False),
        ("refund", _schema(order={"type": "string"}), True),
        ("refund", _schema(amount_cents={"type": "integer"}), True),
        (
            "refund",
            _schema(a=_schema(value={}, currency={}), lines={"items": _schema(price={})}),
            True,
        ),
        ("send", _schema(to={"type": "string"}, body={"type": "string"}), False),
        ("edit", _schema(total={"type": "number"}), True),
    ],
)
def test_a_tool_whose_amounts_cant_be_read_is_known(
    kind: str, schema: dict, unreadable: bool
) -> None:
    assert unreadable_in(kind, schema) is unreadable


USD_10 = {"value": 1000, "currency": "USD"}


@pytest.mark.parametrize(
    ("name", "is_money"),
    [
        ("amount", True),
        ("amount_cents", True),
        ("refundTotal", True),
        ("TOTAL", True),
        ("ｐｒｉｃｅ", True),
        ("pri\u200bce", True),
        ("usd", True),
        ("order", False),
        ("priceless", False),
        ("subtle", False),
        ("tipsy", False),
        ("weight_grams", False),
        ("", False),
    ],
)
def test_a_name_is_about_money_where_one_of_its_words_is(name: str, is_money: bool) -> None:
    assert names_money(name) is is_money


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (USD_10, [USD_10]),
        ({"value": "10", "currency": "USD"}, []),
        ([{"a": USD_10}, [USD_10]], [USD_10, USD_10]),
        ({}, []),
        ("$10", []),
        (10, []),
    ],
)
def test_only_readable_amounts_are_found(value: Any, found: list[dict[str, Any]]) -> None:
    assert amounts(value) == found


@pytest.mark.parametrize(
    ("args", "is_unreadable"),
    [
        ({"amount": 5}, True),
        ({"amount": 0.5}, True),
        ({"amount": None}, False),
        ({"amount": True}, False),
        ({"size": 5}, False),
        ({"prices": [300]}, True),
        ({"sizes": [300]}, False),
        ({"prices": [USD_10]}, False),
        ({"total": {"gross": 300}}, True),
        ({"total": {"of": {"lamps": 3}}}, True),
        ({"size": {"width": 300}}, False),
        ({"thing": {"price": 300}}, True),
        ({"thing": (300,)}, True),  # no value of JSON
        ({"thing": {"currency": "USD"}}, True),
        ({"thing": USD_10 | {"note": ""}}, True),
    ],
)
def test_a_number_counts_as_an_amount_under_a_name_of_money(
    args: dict[str, Any], is_unreadable: bool
) -> None:
    assert has_unreadable("send", args) is is_unreadable


@pytest.mark.parametrize(
    ("name", "text", "is_unreadable"),
    [
        # Under "amount" and the like any text is one.
        ("amount", "all of it", True),
        ("amount", "", False),
        ("amount", " \n", False),
        ("dueTotal", "half", True),
        ("sub-total", "half", True),
        ("total_due", "half", False),
        # Under other names of money a text with a figure is one.
        ("tip", "300", True),
        ("tip", "about 300 I think", True),
        ("tip", "some", False),
        ("tip", "三百", True),
        # Where money is named further in front, only a bare figure.
        ("refund_note", "30", True),
        ("refund_note", "30 of them", False),
        # Under any other name a bare sum with a currency.
        ("x", "USD 300", True),
        ("x", "300 CHF", True),
        ("x", "300 usd", True),
        ("x", "3 dollars", True),
        ("x", "$300", True),
        ("x", "1.200,50 €", True),
        ("x", "300", False),
        ("x", "300 kg", False),
        ("x", "300 mph", False),
        ("x", "We paid $300", False),
    ],
)
def test_a_text_counts_as_an_amount_by_its_name_its_figure_and_its_currency(
    name: str, text: str, is_unreadable: bool
) -> None:
    assert has_unreadable("send", {name: text}) is is_unreadable


def test_a_bare_sum_has_forty_characters_at_most() -> None:
    assert has_unreadable("send", {"x": "$" + "1" * 39})
    assert not has_unreadable("send", {"x": "$" + "1" * 40})


@pytest.mark.parametrize("kind", ["refund", "purchase", "reprice"])
def test_what_moves_money_has_an_amount_or_is_unreadable(kind: str) -> None:
    assert has_unreadable(kind, {})
    assert has_unreadable(kind, {"order": "10412"})
    assert not has_unreadable(kind, {"lines": [{"price": USD_10}]})


@pytest.mark.parametrize("kind", ["send", "publish", "delete", "edit", "commit", ""])
def test_what_moves_no_money_needs_no_amount(kind: str) -> None:
    assert not has_unreadable(kind, {})


@pytest.mark.parametrize(
    ("part", "unreadable"),
    [
        ({}, True),
        ({"type": "number"}, True),
        ({"type": "integer"}, True),
        ({"type": "string"}, True),
        ({"type": ["null", "integer"]}, True),
        ({"type": "boolean"}, False),
        ({"type": ["boolean", "null"]}, False),
        ({"type": "object"}, False),
        (_schema(value={}, currency={}), False),
        # With more than its two parts it is no readable amount; its value may be any figure.
        (_schema(value={}, currency={}, note={}), True),
        ({"type": "array", "items": {"type": "number"}}, True),
        ({"type": "array", "items": {"type": "boolean"}}, False),
        ({"type": "array", "items": _schema(value={}, currency={})}, False),
        ({"type": "array", "prefixItems": [{"type": "number"}]}, True),
        ({"type": "object", "additionalProperties": {"type": "number"}}, True),
        ({"type": "boolean", "anyOf": [{"type": "boolean"}, {"type": "string"}]}, True),
        ({"type": "boolean", "oneOf": [{"type": "string"}]}, True),
        ({"type": "boolean", "allOf": [{"type": "string"}]}, True),
    ],
)
def test_a_declared_price_is_unreadable_where_it_may_be_a_figure(
    part: dict[str, Any], unreadable: bool
) -> None:
    assert unreadable_in("edit", _schema(price=part)) is unreadable
    assert unreadable_in("edit", _schema(thing=_schema(price=part))) is unreadable


@pytest.mark.parametrize("inside", ["properties", "items", "anyOf"])
def test_a_declaration_is_read_to_its_twentieth_level(inside: str) -> None:
    def nested(levels: int) -> dict[str, Any]:
        schema = _schema(price={"type": "number"})
        for _ in range(levels):
            within: Any = {"properties": {"thing": schema}, "items": schema, "anyOf": [schema]}
            schema = {inside: within[inside]}
        return schema

    assert unreadable_in("edit", nested(19))
    assert not unreadable_in("edit", nested(20))
