"""Saying what a tool will do in the client's words, from the stored arguments. Pure.

A phrase is text with fields: ``Refund {amount} on order {order}``. Money objects
become "$48.20"; everything else is shown as it is stored, invisible characters
made visible.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Protocol

from babel.core import UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision

FIELD = re.compile(r"\{([a-z_][\w.]*)\}", re.IGNORECASE)
# Characters that change how text looks without showing: bidirectional controls,
# zero-width ones, tags, and other format characters.
HIDDEN = {"Cf", "Cc", "Co", "Cn", "Cs"}


def is_money(value: Any) -> bool:
    """Whether a value is an integer of minor units with its currency."""
    return isinstance(value, dict) and value.keys() == {"value", "currency"}


def money(value: dict[str, Any], locale: str = "en_US") -> str:
    """``{"value": 4820, "currency": "USD"}`` as "$48.20"."""
    return _money(int(value["value"]), str(value["currency"]), locale)


@lru_cache(maxsize=1024)
def _money(minor: int, currency: str, locale: str) -> str:
    # An amount is said several times while its action is under way, and Babel takes its time.
    amount = minor / 10 ** get_currency_precision(currency)
    try:
        return format_currency(amount, currency, locale=locale)
    except (UnknownLocaleError, ValueError):
        return format_currency(amount, currency, locale="en_US")


def plain(text: str) -> str:
    """``text`` with every hidden character spelt out, such as ⟦U+202E⟧."""
    return "".join(
        f"⟦U+{ord(c):04X}⟧" if unicodedata.category(c) in HIDDEN and c not in "\n\t" else c
        for c in text
    )


def has_hidden(value: Any) -> bool:
    """Whether any text in ``value`` holds characters that can't be shown plainly."""
    match value:
        case str():
            return plain(value) != value
        case dict():
            return any(has_hidden(k) or has_hidden(v) for k, v in value.items())
        case list():
            return any(has_hidden(v) for v in value)
    return False


def show(value: Any, locale: str = "en_US") -> str:
    """One argument as a person reads it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case dict() if is_money(value):
            return money(value, locale)
        case dict():
            return ", ".join(f"{plain(str(k))}: {show(v, locale)}" for k, v in value.items())
        case list():
            return ", ".join(show(v, locale) for v in value)
    return plain(str(value))


def say(phrase: str, args: dict[str, Any], locale: str = "en_US") -> str:
    """Fill a phrase's fields. A field that is not there is shown as its name."""
    return FIELD.sub(lambda m: _field(m.group(1), args, locale), phrase)


class Named(Protocol):
    """A tool, as far as saying what it does goes."""

    title: str
    phrases: dict[str, Any]


def titled(tool: Named, args: dict[str, Any], locale: str = "en_US") -> str:
    """What one action is called: the tool's phrase with these arguments, else its title."""
    return say(tool.phrases.get("title") or tool.title, args, locale)


def _field(path: str, args: dict[str, Any], locale: str) -> str:
    value: Any = args
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return f"({path.replace('_', ' ')}?)"
        value = value[name]
    return show(value, locale)
