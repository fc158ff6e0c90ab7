"""Amounts are found in arguments, and what can't be read as one is known (cases A13, 9b)."""

import pytest

from approvals.rules.amounts import (
    amounts,
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
