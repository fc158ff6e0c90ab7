"""Sums and days are found in texts as people write them in several languages. Pure."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from babel.dates import get_month_names
from babel.numbers import get_currency_precision

from approvals.rules.phrases import currencies

DOLLARS = frozenset(["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"])
SIGNS = {"$": DOLLARS, "€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}, "₹": {"INR"}}
PREFIXES = {"US": "USD", "CA": "CAD", "C": "CAD", "A": "AUD", "AU": "AUD", "NZ": "NZD",
            "S": "SGD", "HK": "HKD", "MX": "MXN", "R": "BRL"}  # fmt: skip
WORDS = {"dollar": DOLLARS, "euro": {"EUR"}, "pound": {"GBP"}, "yen": {"JPY"},
         "franken": {"CHF"}, "franc": {"CHF"}, "zł": {"PLN"}, "złoty": {"PLN"}, "rupee": {"INR"},
         "kr": {"SEK", "NOK", "DKK"}}  # fmt: skip
_FIGURE = (
    r"(?:(?<!\d)\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,4}(?!\d)(?:[.,]\d{1,2}(?!\d))?"
    r"|\d(?:[\d.,'\u00a0\u202f]{0,17}\d)?)"
)
_CODE = "|".join(sorted(currencies()))
_UNIT = rf"(?:{_CODE}|(?i:dollars?|euros?|pounds?|yen|franken|francs?|zł|złoty|rupees?|kr))"
SUM = re.compile(
    rf"(?P<sign>(?:\b(?:{'|'.join(PREFIXES)}))?[$€£¥₹])\s?(?P<after>{_FIGURE})"
    rf"|\b(?P<code>{_CODE})\s?(?P<coded>{_FIGURE})"
    rf"|(?P<before>{_FIGURE})\s?(?P<unit>[$€£¥₹]|{_UNIT}\b)"
    r"|\b(?i:refund(?:ed|ing)?|pa(?:y|id)|charged?|credit(?:ed)?)(?: of| you| back){0,2} "
    rf"(?P<bare>\d[\d.,]{{0,17}}[.,]\d\d)(?![\d%])(?!\s?(?:[$€£¥₹]|{_UNIT}\b|(?i:percent|kg|g|h)\b))"
)
# A figure's digits with either separator as that of thousands, the other one before the parts.
# Groups of two are India's, where only the last has three digits.
READINGS = [
    (
        re.compile(rf"\d{{1,3}}(?:{t}\d{{2,3}})*{t}\d{{3}}(?:{d}\d+)?|\d+(?:{d}\d+)?"),
        thousands,
        decimal,
    )
    for t, d, thousands, decimal in ((",", r"\.", ",", "."), (r"\.", ",", ".", ","))
]
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
# The names of the months, twelve a list, in small letters.
YEARS = [
    *([n.casefold() for n in get_month_names("wide", locale=one).values()] for one in LANGUAGES),
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    ["", "", "", "", "", "", "", "", "sept", "", "", ""],
]
# Names that are other words in small letters.
AMBIGUOUS = frozenset(["may", "march", "mar"])
_MONTH = "|".join(
    sorted({re.escape(n) for y in YEARS for n in y if n}, key=lambda name: (-len(name), name))
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = re.compile(
    r"(?P<iso>\b\d{4}-\d{2}-\d{2}(?!\d))"
    rf"|(?P<weekday>\b(?:{'|'.join(WEEKDAYS)})\b)?(?P<gap>,?\s(?:the\s)?)?(?:"
    rf"\b(?P<day>\d{{1,2}})(?P<suffix>st|nd|rd|th|er|\.)?(?P<of>\s{{1,3}}(?:of\s|de\s)?)"
    rf"(?P<month>{_MONTH})\b(?P<year_gap>\.?,?\s(?:de\s)?(?=\d{{4}}\b(?!-)))?"
    r"(?P<year>(?<=\s)\d{4}\b(?!-))?"
    rf"|\b(?P<month_first>{_MONTH})(?P<before_day>\.?\s{{1,3}})(?P<day_after>\d{{1,2}})"
    r"(?P<suffix_after>st|nd|rd|th)?\b(?P<year_gap_after>,?\s(?=\d{4}\b(?!-)))?"
    r"(?P<year_after>(?<=\s)\d{4}\b(?!-))?)"
    r"|(?<![\d./-])(?P<first>\d{1,2})(?P<between>[./-])(?P<second>\d{1,2})(?P=between)"
    r"(?P<long_year>\d{4})(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in a text, with the values its figure can mean and the currencies it can be in."""

    said: str
    values: frozenset[Decimal]
    codes: frozenset[str]
    start: int
    figure: tuple[int, int]

    def may_be(self, value: Decimal, code: str) -> bool:
        """Return whether the sum can mean this value in this currency."""
        return value in self.values and code in self.codes


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a text, with the months and days it can mean, and its year where there is one."""

    said: str
    days: frozenset[tuple[int, int]]
    year: int | None
    match: re.Match[str]

    def may_be(self, day: date, *, any_year: bool = False) -> bool:
        """Return whether the text can mean this day."""
        return (day.month, day.day) in self.days and (any_year or self.year in (None, day.year))


def sums(text: str) -> Iterator[Sum]:
    """Yield every sum that has a sign, a code or a word of its currency."""
    for match in SUM.finditer(text):
        group = next(name for name in ("after", "coded", "before", "bare") if match[name])
        unit = match["sign"] or match["code"] or match["unit"] or ""
        prefix = unit[:-1] if match["sign"] else ""
        codes = {PREFIXES[prefix]} if prefix else SIGNS.get(unit) or _of_word(unit)
        start, end = match.span(group) if match["bare"] else match.span()
        yield Sum(
            text[start:end],
            values_of(match[group], parts=max(map(get_currency_precision, codes))),
            frozenset(codes),
            start,
            match.span(group),
        )


def _of_word(unit: str) -> Set[str]:
    """Return the currencies a code or a word stands for; for a figure alone, any."""
    low = unit.casefold()
    return WORDS.get(low) or WORDS.get(low.rstrip("s")) or ({unit} if unit else currencies())


def values_of(figure: str, *, parts: int = 3) -> frozenset[Decimal]:
    """Return the values that digits can mean as people of several countries write them.

    Three digits after a separator are thousands, unless the currency has that many ``parts``.
    """
    plain = re.sub(r"['\u00a0\u202f ]", "", figure)
    found = set()
    for pattern, thousands, decimal in READINGS:
        if not pattern.fullmatch(plain):
            continue
        form = plain.replace(thousands, "").replace(decimal, ".")
        if parts < 3 and re.search(r"[.]\d{3}$", form):
            form = form.replace(".", "")
        try:
            found.add(Decimal(form))
        except InvalidOperation:
            continue
    return frozenset(found)


def days(text: str) -> Iterator[Day]:
    """Yield every day of a month that a text names, in words or figures."""
    for match in DAY.finditer(text):
        if match["iso"]:
            day = iso(match["iso"])
            if day:
                yield Day(match.group(), frozenset({(day.month, day.day)}), day.year, match)
        elif match["first"]:
            yield _in_figures(match)
        else:
            name = match["month"] or match["month_first"]
            if name.casefold() in AMBIGUOUS and not name[0].isupper():
                continue  # "you may 2 times"
            month = next(y.index(name.casefold()) + 1 for y in YEARS if name.casefold() in y)
            day_of = int(match["day"] or match["day_after"])
            year = match["year"] or match["year_after"]
            said = match.group()[len(match["weekday"] or "") + len(match["gap"] or "") :]
            yield Day(said, frozenset({(month, day_of)}), int(year) if year else None, match)


def _in_figures(match: re.Match[str]) -> Day:
    """Return a day such as 07.11.2026, which can be read both ways between slashes."""
    one, two = int(match["first"]), int(match["second"])
    ways = {(two, one)} if match["between"] == "." else {(two, one), (one, two)}
    fit = frozenset((month, day) for month, day in ways if 1 <= month <= 12)
    return Day(match.group(), fit, int(match["long_year"]), match)


def iso(value: str) -> date | None:
    """Return the day of an ISO date or time; None for other texts."""
    if not re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def day_first(day: date) -> str:
    """Return a day as "7 November"."""
    return f"{day.day} {YEARS[0][day.month - 1].capitalize()}"
