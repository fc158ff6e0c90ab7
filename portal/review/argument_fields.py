"""Form fields for an action's arguments: the kind of each field, its text, and its parsing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from approvals.rules.phrases import is_money
from audit.canonical import LARGEST
from tenants.errors import Invalid

NUMBER = re.compile(r"^-?\d{1,16}$", re.ASCII)
AMOUNT = re.compile(r"^-?\d{1,13}(\.\d{1,6})?$", re.ASCII)
BETWEEN = re.compile(r"[,;\s]+")  # separates the addresses typed in one field
THOUSANDS = 3  # so many digits after a comma may also be a group of thousands
AREA = 120  # characters; longer texts get a textarea
LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One editable value. ``path`` is the name of an argument, or of an argument and a part of it.

    ``kind`` is text, area, choice, names, date, moment, email, emails, money, number or check.
    ``is_absent`` marks a part that the schema has and the arguments lack.
    """

    path: tuple[str, ...]
    kind: str
    value: Any
    schema: dict[str, Any]
    is_absent: bool = False

    @property
    def label(self) -> str:
        """The field's label: "Amount", "Address, city"."""
        return ", ".join(part.replace("_", " ") for part in self.path).capitalize()

    @property
    def unit(self) -> str:
        """The currency of an amount; empty for other kinds."""
        return str(self.value["currency"]) if self.kind == "money" else ""

    @property
    def options(self) -> tuple[str, ...]:
        """The values of a choice; empty for other kinds."""
        return tuple(str(one) for one in self.schema["enum"]) if self.kind == "choice" else ()


def leaves(args: dict[str, Any], schema: dict[str, Any]) -> Iterator[Leaf]:
    """Yield the editable values of arguments in their order; other values are left out."""
    declared = schema.get("properties", {})
    for name, value in args.items():
        own = declared.get(name, {})
        if _is_record(value, own):
            parts = own["properties"]
            for part in [*parts, *(p for p in value if p not in parts)]:
                text, more = value.get(part, ""), parts.get(part, {})
                yield Leaf((name, part), field_kind(text, more), text, more, part not in value)
        elif kind := field_kind(value, own):
            yield Leaf((name,), kind, value, own)


def _is_record(value: Any, schema: dict[str, Any]) -> bool:
    """Return whether a value is an object of texts, such as a postal address."""
    parts = schema.get("properties") or {}
    return (
        isinstance(value, dict)
        and not is_money(value)
        and bool(parts)
        and all(isinstance(one, str) for one in value.values())
        and all(one.get("type", "string") == "string" for one in parts.values())
    )


def field_kind(value: Any, schema: dict[str, Any]) -> str:
    """Return the kind of a value's field; empty where the value can't be edited in a form."""
    if is_money(value):
        return "money"
    if isinstance(value, bool):
        return "check"
    if isinstance(value, int):
        return "number"
    if isinstance(value, list):
        return _kind_of_list(value, schema.get("items", {}))
    return _kind_of_text(value, schema) if isinstance(value, str) else ""


def _kind_of_list(value: list[Any], of: dict[str, Any]) -> str:
    if not all(isinstance(one, str) for one in value):
        return ""
    if of.get("format") == "email":
        return "emails"
    return "names" if of.get("enum") else ""


def _kind_of_text(value: str, schema: dict[str, Any]) -> str:
    if schema.get("enum"):
        return "choice"
    named = {"date": "date", "date-time": "moment", "email": "email"}.get(schema.get("format", ""))
    if named == "email" or (named and (not value or _parsed(named, value))):
        return named
    return "area" if "\n" in value or len(value) > AREA else "text"


def _parsed(kind: str, text: str) -> Any:
    try:
        return date.fromisoformat(text) if kind == "date" else datetime.fromisoformat(text)
    except ValueError:
        return None


def text_of(leaf: Leaf) -> str:
    """Return the text that a field shows before it is edited."""
    match leaf.kind:
        case "money":
            places = get_currency_precision(leaf.value["currency"])
            return f"{Decimal(leaf.value['value']).scaleb(-places):.{places}f}"
        case "check":
            return "yes" if leaf.value else "no"
        case "emails" | "names":
            return ", ".join(leaf.value)
        case "moment" if leaf.value:
            found = datetime.fromisoformat(leaf.value)
            return (timezone.localtime(found) if found.tzinfo else found).strftime(LOCAL)
    return str(leaf.value)


def read(leaf: Leaf, typed: str) -> Any:
    """Parse the text of a field into the shape of the former value. Raises Invalid.

    An unchanged text gives the former value.
    """
    text = with_plain_ends(typed)
    if text == with_plain_ends(text_of(leaf)):
        return leaf.value  # a time field drops the seconds, so an untouched one must not be parsed
    name = leaf.label.lower()
    match leaf.kind:
        case "money":
            currency = leaf.value["currency"]
            return {"value": _minor(name, text, currency), "currency": currency}
        case "number":
            if not NUMBER.match(text.strip()) or abs(int(text)) > LARGEST:
                raise Invalid(f"“{text[:40]}” is no whole number for {name}.", code="bad_number")
            return int(text)
        case "check":
            return text == "yes"
        case "date" | "moment" if text.strip():
            return _time(leaf, name, text.strip())
        case "email" if text.strip():
            return _address(name, text.strip())
        case "emails":
            return [_address(name, one) for one in BETWEEN.split(text.strip()) if one]
        case "names":
            return [one.strip() for one in text.split(",") if one.strip()]
    return text


def _time(leaf: Leaf, name: str, text: str) -> str:
    found = _parsed(leaf.kind, text)
    if found is None:
        raise Invalid(f"“{text[:40]}” is no {_what(leaf.kind)} for {name}.", code="bad_date")
    if leaf.kind == "date":
        return str(found.isoformat())
    before = datetime.fromisoformat(leaf.value) if leaf.value else None
    if found.tzinfo is None and (before is None or before.tzinfo is not None):
        found = timezone.make_aware(found)  # typed in the tenant's time zone
        found = found.astimezone(before.tzinfo) if before else found
    return str(found.isoformat())


def _what(kind: str) -> str:
    return "date" if kind == "date" else "date and time"


def _address(name: str, text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise Invalid(
            f"“{text[:80]}” is no e-mail address for {name}.", code="bad_email"
        ) from error
    return text


def _minor(name: str, text: str, currency: str) -> int:
    """Parse an amount into minor units of its currency. Raises Invalid.

    Keyboards of phones may have a comma and no point. A comma is read as a decimal point only
    before as many digits as the currency has, and not before three: those may be thousands.
    """
    places, typed = get_currency_precision(currency), text.strip()
    if places and places != THOUSANDS and re.fullmatch(rf"-?\d{{1,13}},\d{{{places}}}", typed):
        typed = typed.replace(",", ".")
    if not AMOUNT.match(typed):
        raise Invalid(
            f"“{text[:40]}” is no amount for {name}. Write it like 48.20.", code="bad_money"
        )
    minor = Decimal(typed).scaleb(places)
    if minor != minor.to_integral_value():
        raise Invalid(f"“{text}” is finer than {currency} goes.", code="bad_money")
    return int(minor)


def with_plain_ends(text: str) -> str:
    """Return a text with LF line ends, in which texts are stored; browsers send CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
