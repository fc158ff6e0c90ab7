"""Units of measure are converted exactly, and no text makes that endless."""

from datetime import date
from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.functions import BusinessFacts, functions

FACTS = BusinessFacts((0,), date(2026, 11, 30))


def convert(value: str, from_: str, to: str) -> dict[str, Any]:
    args = {"value": value, "from": from_, "to": to}
    return functions()["units.convert"].compute(args, FACTS)


@pytest.mark.parametrize(
    ("value", "from_", "to", "found"),
    [
        ("5", "kg", "lb", "11.02311311"),
        ("20", "degC", "degF", "68"),
        ("90", "km/h", "m / s", "25"),
        ("1000", "g", "kg", "1"),
        ("-0.5", "litre", "ml", "-500"),
        ("0", "inch", "cm", "0"),
        ("2.54", "cm", "inch", "1"),
    ],
)
def test_an_amount_is_given_in_another_unit(value: str, from_: str, to: str, found: str) -> None:
    assert convert(value, from_, to) == {"value": found, "unit": to}


@pytest.mark.parametrize(
    ("value", "from_", "to", "said"),
    [
        ("5", "kg", "km", "kg can't be given in km"),
        ("5", "kg", "wolpertinger", "There is no unit wolpertinger"),
        ("five", "kg", "lb", "is no number"),
        ("NaN", "kg", "lb", "15 digits"),
        ("1e400", "kg", "lb", "15 digits"),
        ("5", "m**9999999", "m", "is no unit"),
        ("5", "10**1000000000", "m", "is no unit"),
        ("5", "__import__('os')", "m", "is no unit"),
        ("5", "", "m", "is no unit"),
    ],
)
def test_what_can_not_be_converted_is_refused_in_a_sentence(
    value: str, from_: str, to: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said.replace("(", r"\(")):
        convert(value, from_, to)
