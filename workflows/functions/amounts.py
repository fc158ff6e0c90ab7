"""Amounts of money: a sum, and a part in percent. Minor units, never a float. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from approvals.rules.phrases import is_money, money
from audit.canonical import LARGEST
from tenants.errors import Invalid
from workflows.functions import BusinessFacts, Function

MONEY = {
    "type": "object",
    "required": ["value", "currency"],
    "properties": {
        "value": {"type": "integer", "description": "In the smallest unit, such as cents."},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "additionalProperties": False,
}


def _said(value: int, currency: str, facts: BusinessFacts) -> dict[str, Any]:
    """Return an amount, and how it is written. Raises Invalid for what is none."""
    amount = {"value": value, "currency": currency}
    if abs(value) > LARGEST or not is_money(amount):
        raise Invalid(f"{value} {currency} is no amount of money.")
    return {**amount, "said": money(amount, facts.locale)}


def _add(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    given = args["amounts"]
    currencies = sorted({one["currency"] for one in given})
    if len(currencies) > 1:
        raise Invalid(f"Amounts in {' and '.join(currencies)} can't be added.")
    return _said(sum(one["value"] for one in given), currencies[0], facts)


def _percent(args: dict[str, Any], facts: BusinessFacts) -> dict[str, Any]:
    """Return a part of an amount, rounded to the smallest unit, half to the even one."""
    try:
        percent = Decimal(args["percent"])
    except InvalidOperation as error:
        raise Invalid(f"“{args['percent']}” is no number. Write it like 12.5.") from error
    if not percent.is_finite() or abs(percent) > 10_000:
        raise Invalid("A part is given in percent, 10,000 at most.")
    exact = Decimal(args["amount"]["value"]) * percent / 100
    value = int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
    return _said(value, args["amount"]["currency"], facts)


FUNCTIONS = {
    "amounts.add": Function(
        "The sum of amounts of money in one currency; take one away with a negative value.",
        {"amounts": {"type": "array", "items": MONEY, "minItems": 1, "maxItems": 100}},
        _add,
    ),
    "amounts.percent": Function(
        "A part of an amount of money in percent, as in 12.5.",
        {"amount": MONEY, "percent": {"type": "string", "maxLength": 12}},
        _percent,
    ),
}
