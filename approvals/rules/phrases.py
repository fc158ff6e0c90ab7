"""Actions are described in the client's words, from the stored arguments. Pure.

A phrase is text with fields: ``Refund {amount} on order {order}``. Money objects become "$48.20";
other values are shown as stored, with hidden characters spelt out.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from babel.core import UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision, list_currencies

from approvals.rules.hidden_characters import hidden_in
from approvals.rules.hidden_characters import spelled_out as spelled_out

LARGEST = 2**53  # minor units; JSON of others holds no more, and more is shown as stored
FIELD = re.compile(r"\{([a-z_][\w.]*)\}", re.IGNORECASE)


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes of the currencies that amounts may be in."""
    return frozenset(list_currencies())


def is_money(value: Any) -> bool:
    """Return whether a value is exactly a whole number of minor units with a known currency."""
    if not isinstance(value, dict) or value.keys() != {"value", "currency"}:
        return False
    minor, currency = value["value"], value["currency"]
    is_whole = isinstance(minor, int) and not isinstance(minor, bool) and abs(minor) < LARGEST
    return is_whole and isinstance(currency, str) and currency in currencies()


def money(value: dict[str, Any], locale: str = "en_US") -> str:
    """Return ``{"value": 4820, "currency": "USD"}`` as "$48.20". Raises ValueError for others."""
    if not is_money(value):
        raise ValueError("not an amount of money")
    return _money(value["value"], value["currency"], locale)


@lru_cache(maxsize=1024)
def _money(minor: int, currency: str, locale: str) -> str:
    # Cached: an amount is formatted several times for one action, and Babel is slow.
    # A float would not hold every amount to the cent.
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    try:
        return format_currency(amount, currency, locale=locale)
    except (UnknownLocaleError, ValueError):
        return format_currency(amount, currency, locale="en_US")


def has_hidden(value: Any) -> bool:
    """Return whether any text in ``value`` holds hidden characters."""
    match value:
        case str():
            return next(hidden_in(value), None) is not None
        case dict():
            return any(has_hidden(k) or has_hidden(v) for k, v in value.items())
        case list():
            return any(has_hidden(v) for v in value)
    return False


def show(value: Any, locale: str = "en_US") -> str:
    """Return one argument as a person reads it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case dict() if is_money(value):
            return money(value, locale)
        case dict():
            return ", ".join(f"{spelled_out(str(k))}: {show(v, locale)}" for k, v in value.items())
        case list():
            return ", ".join(show(v, locale) for v in value)
    return spelled_out(str(value))


def fill_phrase(phrase: str, args: dict[str, Any], locale: str = "en_US") -> str:
    """Fill a phrase's fields. A missing field is shown as its name."""
    return FIELD.sub(lambda m: _field(m.group(1), args, locale), phrase)


def fields_of(phrase: str) -> list[str]:
    """Return the fields of a phrase, each once, such as ``amount.currency``."""
    return list(dict.fromkeys(match[1] for match in FIELD.finditer(phrase)))


class Named(Protocol):
    """A tool, as far as its title and phrases go."""

    title: str
    phrases: dict[str, Any]


def titled(tool: Named, args: dict[str, Any], locale: str = "en_US") -> str:
    """Return the title of one action: the tool's phrase with these arguments, else its title."""
    return fill_phrase(tool.phrases.get("title") or tool.title, args, locale)


def title_of(acts: Iterable[tuple[Named, dict[str, Any]]]) -> str:
    """Return the title of a group of actions: the first in full, then what the others add."""
    return " and ".join(_part(tool, args, n) for n, (tool, args) in enumerate(acts))


def _part(tool: Named, args: dict[str, Any], position: int) -> str:
    phrase = tool.phrases.get("also") if position else None
    return fill_phrase(phrase or tool.phrases.get("title") or tool.title, args)


def _field(path: str, args: dict[str, Any], locale: str) -> str:
    value: Any = args
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return f"({path.replace('_', ' ')}?)"
        value = value[name]
    return show(value, locale)
