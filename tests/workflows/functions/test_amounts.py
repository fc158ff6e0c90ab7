"""Amounts are computed to the cent."""

from datetime import date
from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.functions import BusinessFacts, functions

FACTS = BusinessFacts((0,), date(2026, 11, 30))


def compute(name: str, **args: Any) -> dict[str, Any]:
    return functions()[f"amounts.{name}"].compute(args, FACTS)


def usd(value: int) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


def test_amounts_are_added_and_said() -> None:
    found = compute("add", amounts=[usd(4820), usd(1), usd(-21)])
    assert found == {"value": 4800, "currency": "USD", "said": "$48.00"}


@pytest.mark.parametrize(
    ("value", "percent", "part"),
    [(1000, "12.5", 125), (5, "50", 2), (15, "50", 8), (4820, "0", 0), (4820, "-10", -482)],
)
def test_a_part_is_rounded_to_the_cent_half_to_even(value: int, percent: str, part: int) -> None:
    assert compute("percent", amount=usd(value), percent=percent)["value"] == part


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("add", {"amounts": [usd(1), {"value": 1, "currency": "EUR"}]}),
        ("add", {"amounts": [{"value": 1, "currency": "ABC"}]}),
        ("add", {"amounts": [usd(2**53), usd(1)]}),
        ("percent", {"amount": usd(1), "percent": "NaN"}),
        ("percent", {"amount": usd(1), "percent": "1e400"}),
        ("percent", {"amount": usd(1), "percent": "ten"}),
    ],
)
def test_odd_amounts_are_refused_in_a_sentence(name: str, args: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        compute(name, **args)
