"""A draft's text follows an edit of an argument: its former value is replaced. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from approvals.rules.phrases import is_money, money
from approvals.text.written import WEEKDAYS, YEARS, Day, days, iso, sums

LONGEST_VALUE = 200

type Place = tuple[int, int, str]


def followed(text: str, before: Any, after: Any, locale: str = "en_US") -> str:
    """Return the text with an argument's former value replaced by its new one everywhere."""
    return all_followed(text, [(before, after)], locale)


def all_followed(text: str, changes: Iterable[tuple[Any, Any]], locale: str = "en_US") -> str:
    """Return the text after several such edits, each applied to the original text."""
    found = [place for before, after in changes for place in _places(text, before, after, locale)]
    parts, position = [], 0
    for start, end, new in sorted(found):
        if start >= position:
            parts += [text[position:start], new]
            position = end
    return "".join(parts) + text[position:]


def is_said(text: str, value: Any, locale: str = "en_US") -> bool:
    """Return whether a text says an argument's value, so that an edit of one concerns the other."""
    return next(_places(text, value, value, locale), None) is not None


def _places(text: str, before: Any, after: Any, locale: str) -> Iterator[Place]:
    """Yield where a text says ``before``, and the replacement for ``after``."""
    if is_money(before) and is_money(after):
        yield from _sums(text, before, after, locale)
    elif isinstance(before, str) and isinstance(after, str):
        one, two = iso(before), iso(after)
        taken: set[int] = set()
        if one and two:
            for day in days(text):
                if day.may_be(one):
                    taken.add(day.match.start())
                    yield day.match.start(), day.match.end(), _day_like(day, one, two)
        if after and 2 <= len(before) <= LONGEST_VALUE:
            for match in re.finditer(_alone(before), text):
                if match.start() not in taken:
                    yield match.start(), match.end(), after


def _alone(value: str) -> str:
    """Return a pattern for a value that is not part of a longer word or number."""
    if value.isdecimal():  # no part of a time, a percentage, a range, a sum or a date
        months = "|".join(name for name in YEARS[0])
        return (
            rf"(?<![\w.,:/$€£¥₹-])(?<![$€£¥₹]\s){value}(?![.,:/-]?\w)"
            rf"(?!\s?(?:[%$€£¥₹]|(?i:a\.?m|p\.?m|percent|dollars?|euros?|{months})\b))"
        )
    return rf"(?<![\w.,])(?<!\w-){re.escape(value)}(?![.,-]?\w)"


def _sums(text: str, before: dict[str, Any], after: dict[str, Any], locale: str) -> Iterator[Place]:
    value, places = _value(before), get_currency_precision(before["currency"])
    within = []
    for one in sums(text):
        end = one.start + len(one.said)
        within.append((one.start, end))
        if not one.may_be(value, before["currency"]):
            continue
        if before["currency"] == after["currency"]:
            yield *one.figure, _figure_like(text[slice(*one.figure)], _value(after), places)
        else:
            yield one.start, end, money(after, locale)
    if places == 0:
        return
    plain = f"{value:.{places}f}"
    inside = {at for start, end in within for at in range(start, end)}
    for match in re.finditer(rf"(?<![\w.,]){re.escape(plain)}(?![.,]?\w)(?!\s?%)", text):
        if match.start() not in inside:
            yield match.start(), match.end(), f"{_value(after):.{_places_of(after)}f}"


def _value(amount: dict[str, Any]) -> Decimal:
    return Decimal(amount["value"]).scaleb(-_places_of(amount))


def _places_of(amount: dict[str, Any]) -> int:
    return int(get_currency_precision(amount["currency"]))


def _figure_like(old: str, value: Decimal, places: int) -> str:
    """Return a value written as another figure is: with its decimal and thousands separators."""
    comma = bool(re.search(r",\d{1,2}$", old))
    parting = next(iter(re.findall(r"[.,'\u00a0\u202f ](?=\d{3}(?!\d))", old)), "")
    whole = re.split(r"[.,]\d{1,2}$", old)[0]
    if not parting and len(whole) <= 3:
        parting = "." if comma else ","
    grouped = f"{value:,.{places}f}"
    return grouped.translate(str.maketrans({",": parting, ".": "," if comma else "."}))


def _day_like(day: Day, former: date, new: date) -> str:
    """Return the new day written as the text writes the former one."""
    match = day.match
    if match["iso"]:
        return new.isoformat()
    if match["first"]:
        # The former day says which figure is the day; 07/07 leaves it open.
        figures = (int(match["first"]), int(match["second"]))
        is_day_first = match["between"] == "." or figures == (former.day, former.month)
        one, two = (new.day, new.month) if is_day_first else (new.month, new.day)
        widths = len(match["first"]), len(match["second"])
        sign = match["between"]
        return f"{one:0{widths[0]}d}{sign}{two:0{widths[1]}d}{sign}{new.year}"
    start = f"{_weekday_like(match, new)}{match['gap'] or ''}"
    name = _month_like(match["month"] or match["month_first"], new.month, match["suffix"])
    if match["month"]:
        middle = f"{new.day}{_suffix(match['suffix'], new.day)}{match['of']}{name}"
        return start + middle + _year(match["year_gap"], match["year"], new)
    middle = f"{name}{match['before_day']}{new.day}{_suffix(match['suffix_after'], new.day)}"
    return start + middle + _year(match["year_gap_after"], match["year_after"], new)


def _weekday_like(match: re.Match[str], new: date) -> str:
    return WEEKDAYS[new.weekday()] if match["weekday"] else ""


def _year(gap: str | None, year: str | None, new: date) -> str:
    return f"{gap}{new.year}" if year else gap or ""


def _month_like(old: str, month: int, suffix: str | None) -> str:
    """Return the month's name in the language, length and capitalisation of another one."""
    low = old.casefold()
    # "7. November" is German, whose name English has too.
    lists = YEARS[1:] if suffix == "." else YEARS
    names = YEARS[-2] if low == "sept" else next(year for year in lists if low in year)
    name = str(names[month - 1])
    return name.capitalize() if old[0].isupper() else name


def _suffix(old: str | None, day: int) -> str:
    if old in (None, "."):
        return old or ""
    if old == "er":
        return "er" if day == 1 else ""
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
