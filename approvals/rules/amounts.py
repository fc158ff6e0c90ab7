"""Amounts of money in arguments are read, and values that look like amounts are found. Pure.

An amount is readable as ``{"value": minor units, "currency": code}`` with no other key. A policy on
amounts treats an unreadable amount as more than it allows.
"""

import re
from collections.abc import Iterator
from typing import Any

from approvals.rules.hidden_characters import compared_forms
from approvals.rules.phrases import currencies, is_money

# Kinds of write that move money; without a readable amount their sum is unknown.
OF_MONEY = frozenset({"refund", "purchase", "reprice"})
# Parts of names of arguments with an amount of money, as in amount_cents or totalPrice.
_WORDS = re.compile(
    r"(?<![a-z])(?:amounts?|amt|balances?|bonus|budgets?|cash|cashback|cents?|charges?|"
    r"compensations?|costs?|credits?|deposits?|discounts?|dollars?|euros?|fees?|fines?|francs?|"
    r"gross|minor|money|owed|pay|payments?|payouts?|pence|pesos?|pounds?|prices?|rebates?|refunds?|"
    r"refunded|reimbursements?|rupees?|salary|subtotals?|sums?|taxe?s?|tips?|totals?|transfers?|"
    r"usd|eur|gbp|aud|cad|chf|cny|inr|jpy|values?|vat|wages?|worth|yen)(?![a-z])"
)
# Names under which any text counts as an amount, even "two hundred" or "all of it".
_OF_AN_AMOUNT = re.compile(
    r"(?:amounts?|amt|cents|costs?|dollars|euros|money|payouts?|prices?|refunds?|subtotals?|"
    r"sums?|totals?|usd|eur|gbp)"
)
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z]+")
# Matches a text that is only a sum, as "$250", "EUR 1.200,50" or "250 dollars".
_SUM = re.compile(
    r"\W*(?:[A-Z]{3}\s?)?[$€£¥₹]?\s?\d[\d.,'\u2019\s]*[$€£¥₹]?\s?(?:[A-Z]{3}|dollars?|euros?|pounds?)?\W*",
    re.IGNORECASE,
)
LONGEST_SUM = 40  # characters


def amounts(value: Any) -> list[dict[str, Any]]:
    """Return every readable amount in the arguments, however deep."""
    match value:
        case dict() if is_money(value):
            return [value]
        case dict():
            return [money for inner in value.values() for money in amounts(inner)]
        case list():
            return [money for inner in value for money in amounts(inner)]
    return []


def has_unreadable(kind: str, args: dict[str, Any]) -> bool:
    """Return whether the arguments of a write of this kind hold an unreadable amount.

    That is a number under a name of money, an object that is nearly an amount, or a sum as text;
    and for a kind in OF_MONEY arguments without any readable amount.
    """
    if kind in OF_MONEY and not amounts(args):
        return True
    return any(_looks_like_money(name, value) for name, value in _parts("", args))


def unreadable_in(kind: str, schema: dict[str, Any]) -> bool:
    """Return whether a tool's schema allows unreadable amounts, so that a policy asks each time."""
    declared = list(_declared("", schema, 0))
    if kind in OF_MONEY and not any(_is_money_schema(one) for _, one in declared):
        return True
    return any(
        names_money(name) and not _is_money_schema(one) and _may_be_figure(one)
        for name, one in declared
    )


def names_money(name: str) -> bool:
    """Return whether an argument's name says that it is about money."""
    parted = _CAPITAL.sub("_", name)
    return any(_WORDS.search(one) for one in compared_forms(parted))


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each value with its name, without readable amounts and their parts."""
    match value:
        case dict() if is_money(value):
            return
        case dict():
            yield name, value
            for inner, one in value.items():
                # A value inside an object with a name of money counts as money too.
                yield from _parts(name if names_money(name) else inner, one)
        case list():
            for one in value:
                yield from _parts(name, one)
        case _:
            yield name, value


def _looks_like_money(name: str, value: Any) -> bool:
    match value:
        case dict():
            return "currency" in value
        case bool() | None:
            return False
        case int() | float():
            return names_money(name)
        case str():
            return _is_sum(name, value)
    return True


def _is_sum(name: str, text: str) -> bool:
    """Return whether a text is an amount: any text under "amount", a bare sum under other names."""
    *_, last = _CAPITAL.sub("_", name).replace("-", "_").split("_")
    if any(_OF_AN_AMOUNT.fullmatch(one) for one in compared_forms(last)) and text.strip():
        return True
    if not any(char.isnumeric() for char in text):
        return False
    is_bare = len(text) <= LONGEST_SUM and bool(_SUM.fullmatch(text))
    return names_money(last) or (is_bare and (names_money(name) or _names_currency(text)))


def _names_currency(text: str) -> bool:
    """Return whether a sum names its currency by a sign, a code or a word."""
    words = _WORD.findall(text)
    return any(sign in text for sign in "$€£¥₹") or any(
        word in currencies() or names_money(word) for word in words
    )


def _declared(name: str, schema: Any, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict) or depth > 20:
        return
    yield name, schema
    if _is_money_schema(schema):
        return
    for inner, one in (schema.get("properties") or {}).items():
        yield from _declared(inner, one, depth + 1)
    for key in ("items", "additionalProperties"):
        yield from _declared(name, schema.get(key), depth + 1)
    for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for one in schema.get(key) or ():
            yield from _declared(name, one, depth + 1)


def _is_money_schema(schema: dict[str, Any]) -> bool:
    return set(schema.get("properties") or ()) == {"value", "currency"}


def _may_be_figure(schema: dict[str, Any]) -> bool:
    types = schema.get("type")
    found = {types} if isinstance(types, str) else set(types or ("number",))
    return bool(found & {"number", "integer", "string"})
