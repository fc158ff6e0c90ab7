"""Whether a text for people says what the actions beside it do: sums, dates, people. Pure.

A text may say more than its actions. It disagrees where it says sums (or dates, or numbers
of orders) and none of them is the action's own, or where it is addressed to somebody else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from babel.numbers import get_currency_precision

from approvals.amounts import amounts
from approvals.phrases import is_money, money

SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_FIGURE = r"\d(?:[\d.,'\u00a0\u202f]{0,17}\d)?"
SUM = re.compile(
    rf"(?P<sign>[$€£¥₹])\s?(?P<after>{_FIGURE})"
    rf"|(?P<code>\b[A-Z]{{3}})\s?(?P<coded>{_FIGURE})"
    rf"|(?P<before>{_FIGURE})\s?(?P<unit>[$€£¥₹]|[A-Z]{{3}}\b|dollars?\b|euros?\b|pounds?\b)"
)
WORDS = {"dollar": "USD", "euro": "EUR", "pound": "GBP"}
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
GREETING = re.compile(
    r"^\W{0,3}(?:dear|hi|hello|hey|hallo|liebe[r]?|bonjour|hola|ciao)\s+"
    r"(?:(?:mr|mrs|ms|dr|herr|frau)\.?\s+)?([^\W\d_][\w'’-]{1,40})",
    re.IGNORECASE,
)
NOBODY = frozenset(
    ["there", "all", "everyone", "everybody", "team", "sir", "madam", "customer", "both", "folks"]
)
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS)
DAY = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b"
    rf"|\b(?P<month_first>{_MONTH})\s+(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
NUMBERED = frozenset(
    ["order", "booking", "appointment", "invoice", "job", "reference", "ticket", "case", "parcel"]
)
OF_PEOPLE = frozenset(
    ["customer", "patient", "name", "recipient", "client", "guest", "to_name", "customer_name"]
)
LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the text says and what the action would do, each as people read it."""

    said: str
    done: str

    def sentence(self) -> str:
        """Both in one sentence."""
        return f"The text says {self.said}; the action has {self.done}."


def disagreements(
    text: str, acts: Iterable[dict[str, Any]], locale: str = "en_US"
) -> list[Disagreement]:
    """Where a text differs from the arguments of the actions it goes with, each once."""
    text, acts = text[:LONGEST], list(acts)
    if not text or not acts:
        return []
    found = [
        *_sums(text, acts, locale),
        *_days(text, acts),
        *_numbers(text, acts),
        *_people(text, acts),
        *_addresses(text, acts),
    ]
    return list(dict.fromkeys(found))


def followed(text: str, before: Any, after: Any, locale: str = "en_US") -> str:
    """The text with an argument's former value, wherever it says it, replaced by the new one."""
    for old, new in _spellings(before, after, locale):
        if old and new and old != new:
            text = re.sub(rf"(?<![\w.,]){re.escape(old)}(?![.,]?\w)", partial(_as_is, new), text)
    return text


def _as_is(text: str, match: re.Match[str]) -> str:
    return text


def is_said(text: str, value: Any, locale: str = "en_US") -> bool:
    """Whether a text says an argument's value, so that an edit of one is one of the other."""
    return followed(text, value, _other(value), locale) != text


def _other(value: Any) -> Any:
    if is_money(value):
        return {**value, "value": value["value"] + 1_111_111}
    return f"{value}×" if isinstance(value, str) else value


def _spellings(before: Any, after: Any, locale: str) -> Iterator[tuple[str, str]]:
    if is_money(before) and is_money(after):
        yield money(before, locale), money(after, locale)
        yield _plain_sum(before), _plain_sum(after)
        if before["value"] % 10 ** get_currency_precision(before["currency"]) == 0:
            whole = _plain_sum(before).split(".")[0]
            sign = next((s for s, code in SIGNS.items() if code == before["currency"]), "")
            if sign:
                yield f"{sign}{whole}", f"{sign}{_plain_sum(after)}"
    elif isinstance(before, str) and isinstance(after, str):
        one, two = _iso(before), _iso(after)
        if one and two:
            for spell in (_day_first, _month_first):
                yield spell(one), spell(two)
        if 2 <= len(before) <= 200:
            yield before, after


def _plain_sum(value: dict[str, Any]) -> str:
    places = get_currency_precision(value["currency"])
    return f"{Decimal(value['value']).scaleb(-places):.{places}f}"


def _sums(text: str, acts: list[dict[str, Any]], locale: str) -> Iterator[Disagreement]:
    said = [(m.group().strip(), *_sum(m)) for m in SUM.finditer(text)]
    for act in acts:
        for amount in amounts(act):
            wanted = Decimal(amount["value"]).scaleb(-get_currency_precision(amount["currency"]))
            own_code = ("", amount["currency"])
            if not said or any(wanted in values and code in own_code for _, values, code in said):
                continue
            yield Disagreement(said[0][0], money(amount, locale))


def _sum(match: re.Match[str]) -> tuple[frozenset[Decimal], str]:
    figure = match["after"] or match["coded"] or match["before"]
    unit = match["sign"] or match["code"] or match["unit"] or ""
    currency = SIGNS.get(unit) or WORDS.get(unit.lower().rstrip("s")) or unit
    return _values(figure), currency


def _values(figure: str) -> frozenset[Decimal]:
    """What digits can mean as people of several countries write them."""
    plain = re.sub(r"['\u00a0\u202f]", "", figure)
    forms = {plain.replace(",", ""), plain.replace(".", "").replace(",", ".")}
    found = set()
    for form in forms:
        try:
            found.add(Decimal(form))
        except InvalidOperation:
            continue
    return frozenset(found)


def _days(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    said = [(m.group(), day) for m in DAY.finditer(text) if (day := _day(m))]
    for _, value in _texts(acts):
        own = _iso(value) or _one_day(value)
        if own is None or not said:
            continue
        day = (own.month, own.day)
        if day not in [one for _, one in said]:
            yield Disagreement(said[0][0], _day_first(own))


def _day(match: re.Match[str]) -> tuple[int, int] | None:
    if match["iso"]:
        found = _iso(match["iso"])
        return (found.month, found.day) if found else None
    name = (match["month"] or match["month_first"]).lower()[:3]
    month = next(n for n, one in enumerate(MONTHS, 1) if one.startswith(name))
    return month, int(match["day"] or match["day_after"])


def _one_day(value: str) -> date | None:
    """A value that is a day of the year and nothing else, as "7 November"."""
    match = DAY.fullmatch(value.strip()[:40])
    if match is None or (found := _day(match)) is None:
        return None
    try:
        return date(2024, *found)  # a leap year holds every day there is
    except ValueError:
        return None


def _iso(value: str) -> date | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}(?:T|$)", value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _day_first(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].capitalize()}"


def _month_first(day: date) -> str:
    return f"{MONTHS[day.month - 1].capitalize()} {day.day}"


def _numbers(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    """Numbers of orders and the like: "order 10413" beside an action on order 10412."""
    for name, value in _texts(acts):
        last = name.lower().removesuffix("_id").removesuffix("_number").split("_")[-1]
        if last not in NUMBERED or not re.search(r"\d", value) or len(value) > 40:
            continue
        shape = rf"\b{last}\s+(?:no\.?\s*|number\s+|#\s*)?#?([\w-]*\d[\w-]*)"
        said = [m[1] for m in re.finditer(shape, text, re.IGNORECASE)]
        if said and value.casefold() not in {one.casefold() for one in said}:
            yield Disagreement(f"{last} {said[0]}", f"{last} {value}")


def _people(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    greeted = GREETING.match(text)
    if greeted is None or greeted[1].casefold() in NOBODY:
        return
    names = [value for name, value in _texts(acts) if name.lower() in OF_PEOPLE and value.strip()]
    parts = {part.casefold() for value in names for part in re.findall(r"[^\W\d_]+", value)}
    if names and greeted[1].casefold().replace("’", "'") not in parts:
        yield Disagreement(greeted[1], names[0])


def _addresses(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    own = {
        one.casefold()
        for _, value in _texts(acts)
        for one in ADDRESS.findall(value[:2000])
        if value != text
    }
    said = [one for one in ADDRESS.findall(text) if _speaks_of_sending(text, one)]
    if own and said and not {one.casefold() for one in said} & own:
        yield Disagreement(said[0], min(own))


def _speaks_of_sending(text: str, address: str) -> bool:
    """Whether the text says that something goes to an address, not that one may write to it."""
    before = text[max(0, text.find(address) - 60) : text.find(address)].lower()
    return bool(
        re.search(
            r"\b(?:sent|send|sending|mailed|e-mailed|emailed|confirmed|confirmation)\b[^.!?\n]*\bto\s*\W{0,2}$",
            before,
        )
    )


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text and whole number of arguments with its name; amounts aside."""
    match value:
        case dict() if is_money(value):
            return
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, str(key))
        case list():
            for inner in value:
                yield from _texts(inner, name)
        case bool():
            return
        case str() | int():
            yield name, str(value)
