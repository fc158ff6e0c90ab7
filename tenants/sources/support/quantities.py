"""The numbers of a text are read with their units and compared. Pure.

A number is read in every way it can be meant ("1.234" is 1234 or 1.234). Its unit is a currency, a
span of time in minutes or months, a percentage, a month for a day of it, a time of day, or the
stems of the words that follow.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from babel.numbers import get_currency_precision

from tenants.sources.support.languages import Language, stem
from tenants.sources.support.units import (
    CENTS,
    DATES,
    DAY,
    LOOSE,
    MINUTES,
    MONEY,
    MONTHS,
    PERCENT,
    RANGE,
    WORKDAYS,
    WORKING,
)

type Kind = Literal["money", "percent", "minutes", "workdays", "months", "date", "clock", "thing"]

PER_CENT = re.compile(r"\bper cent\b|\bpour cent\b|\bpor ciento\b")
# Times of day as "9am-5pm" and "9 a.m."
HALF_DAY = re.compile(r"(\d)\s?([ap])\.?m\b\.?(?:-(?=\d))?")
AGE = re.compile(r"(\d)(?= (?:or|and) older\b)")
LAST_DAY = 31
# A field in minor units as it is shown in a text: "total_cents: 4820".
CENTS_FIELD = re.compile(r"(?:cents|pence|minor|minor_units)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(\d+)")
# Digits and words, and the signs that give a number its unit.
PIECE = re.compile(
    r"(?P<iso>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d))"
    r"|(?P<clock>(?<!\d)\d{1,2}[:.]\d{2}(?::\d{2})?(?=\s?(?:[ap]\.?m\b|uhr\b))|(?<!\d)\d{1,2}:\d{2}(?!\d))"
    r"|(?P<number>\d+(?:[.,'\u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)?)"
    r"|(?P<sign>[$€£¥%₹])"
    r"|(?P<word>[^\W\d_]+(?:['’-][^\W_]+)*)"
)
# Units of one letter: grams, metres, litres, tonnes, watts, volts.
LETTERS = frozenset("gmltwv")
WITH_CENTS = re.compile(r"[\d.,'\u00a0\u202f ]*[.,]\d\d")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text: its possible ``values`` in ``kind``'s unit, and its currency or nouns.

    ``at`` is its place in the text.
    """

    values: frozenset[Decimal]
    kind: Kind
    said: str
    nouns: frozenset[str] = frozenset()
    currency: str = ""
    at: int = 0

    def means(self, other: "Quantity") -> bool:
        """Return whether this number of a draft and ``other`` can be the same, of the same kind."""
        return not self.values.isdisjoint(other.values) and self.is_of_kind(other)

    def is_of_kind(self, other: "Quantity") -> bool:
        """Return whether two numbers count the same kind of thing."""
        if {self.kind, other.kind} == {"money", "thing"}:
            thing = self if self.kind == "thing" else other
            return not thing.nouns or bool(WITH_CENTS.fullmatch(thing.said))
        if self.kind != other.kind:
            return other.kind == "thing" == self.kind
        if self.kind == "money":
            return not (self.currency and other.currency) or self.currency == other.currency
        if self.kind == "date":
            return self.currency == other.currency
        if self.kind == "thing":
            return not (self.nouns and other.nouns) or not self.nouns.isdisjoint(other.nouns)
        return True

    @property
    def is_identifier(self) -> bool:
        """Whether the number identifies something, such as an order, and counts nothing."""
        return self.kind == "thing" and self.said.isdigit() and len(self.said) >= 4


def number_readings(number: str) -> frozenset[Decimal]:
    """Return the values that digits can mean, as people of several countries write them."""
    plain = re.sub(r"['\u00a0\u202f ]", "", number)[:40]
    dots, commas = plain.count("."), plain.count(",")
    found = {plain.replace(",", ""), plain.replace(".", "").replace(",", ".")}
    if dots + commas == 1 and len(re.split("[.,]", plain)[1]) != 3:
        found = {plain.replace(",", ".")}
    return frozenset(
        Decimal(text).normalize() for text in found if re.fullmatch(r"\d+(\.\d+)?", text)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A number with its values, a sign, or a word of a text."""

    kind: str
    text: str
    at: int
    values: frozenset[Decimal] = frozenset()


def quantities(text: str, language: Language) -> list[Quantity]:
    """Return every number of a folded text in order, with number words of its language."""
    text = AGE.sub(r"\1 years", text)
    text = HALF_DAY.sub(r"\1 \2m ", text)
    text = PER_CENT.sub(lambda match: match[0].replace(" ", "") + " ", text)
    pieces = _pieces(text, language)
    found = [in_minor_units(match[1]) for match in CENTS_FIELD.finditer(text)]
    for index, piece in enumerate(pieces):
        if piece.kind == "iso":
            found += _iso(piece)
        elif piece.kind == "clock":
            found.append(_clock(piece, pieces[index + 1 : index + 2]))
        elif piece.values:
            found.append(_with_unit(pieces, index, language))
    return _ranges(found, text)


def _pieces(text: str, language: Language) -> list[_Piece]:
    pieces: list[_Piece] = []
    numerals: list[_Piece] = []
    for match in PIECE.finditer(text):
        kind, said, at = str(match.lastgroup), match.group(), match.start()
        if kind == "number":
            pieces += [*_numeral(numerals), _Piece(kind, said, at, number_readings(said))]
            numerals = []
            continue
        parts = said.split("-") if kind == "word" else [said]
        for part in parts if parts[0] in language.numbers else [said]:
            if part in language.numbers:
                value = frozenset({Decimal(language.numbers[part])})
                numerals.append(_Piece("numeral", part, at, value))
            elif not (numerals and part == "and" and language.numbers[numerals[-1].text] >= 100):
                pieces += [*_numeral(numerals), _Piece(kind, part, at)]
                numerals = []
    return pieces + _numeral(numerals)


def _numeral(words: list[_Piece]) -> list[_Piece]:
    """Return number words that belong together as numbers: "two hundred and fifty" is one."""
    found: list[tuple[int, int, int]] = []  # total, last value, index of the first word
    for index, word in enumerate(words):
        value = int(next(iter(word.values)))
        if found and value in (100, 1000) and found[-1][1] < value:
            found[-1] = (found[-1][0] * value, value, found[-1][2])
        elif found and (found[-1][1] >= 100 > value or (20 <= found[-1][1] < 100 and value < 10)):
            found[-1] = (found[-1][0] + value, value, found[-1][2])
        else:
            found.append((value, value, index))
    return [
        replace(words[index], values=frozenset({Decimal(total).normalize()}))
        for total, _, index in found
    ]


def in_minor_units(digits: str, currency: str = "") -> Quantity:
    """Return a field's amount from minor units, by the digits of its currency, else two."""
    places = get_currency_precision(currency) if currency else 2
    value = Decimal(digits[:40]).scaleb(-places).normalize()
    return Quantity(frozenset({value}), "money", digits, currency=currency)


def _iso(piece: _Piece) -> list[Quantity]:
    year, month, day = (int(part) for part in piece.text.split("-"))
    return [
        Quantity(frozenset({Decimal(day)}), "date", piece.text, currency=str(month), at=piece.at),
        Quantity(frozenset({Decimal(year)}), "thing", str(year), at=piece.at),
    ]


def _clock(piece: _Piece, after: list[_Piece]) -> Quantity:
    hours, minutes = (int(part) for part in re.split("[:.]", piece.text)[:2])
    if after and after[0].text == "pm" and hours < 12:
        hours += 12
    return Quantity(frozenset({Decimal(hours * 60 + minutes)}), "clock", piece.text, at=piece.at)


def _with_unit(pieces: list[_Piece], index: int, language: Language) -> Quantity:
    piece, values = pieces[index], pieces[index].values
    before = [one.text for one in reversed(pieces[max(0, index - 2) : index])]
    after = _unit_words(pieces, index, language)
    whole = Quantity(values, "thing", piece.text, at=piece.at)
    if before and before[0] in MONEY:
        return replace(whole, kind="money", currency=MONEY[before[0]])
    is_year = min(values) > LAST_DAY
    if (
        before
        and before[0] in DATES
        and not is_year
        and (not after or after[0] not in MINUTES | MONTHS)
    ):
        return replace(whole, kind="date", currency=str(DATES[before[0]]))
    first, second = [*after, "", ""][:2]
    if first in ("am", "pm"):
        add = 12 if first == "pm" and max(values) < 12 else 0
        return replace(whole, kind="clock", values=_times(values, 1, add, 60))
    if first in MONEY:
        return replace(whole, kind="money", currency=MONEY[first])
    if first in CENTS:
        return replace(whole, kind="money", values=frozenset(v / 100 for v in values))
    if first in PERCENT:
        return replace(whole, kind="percent")
    return _of_time(whole, first, second) or replace(
        whole, nouns=frozenset(stem(w, language.name) for w in after if len(w) > 1 or w in LETTERS)
    )


def _of_time(whole: Quantity, first: str, second: str) -> Quantity | None:
    if first in WORKDAYS or (first in WORKING and MINUTES.get(second) == DAY):
        return replace(whole, kind="workdays")
    if first in WORKING and second in MINUTES:
        return replace(whole, kind="minutes", values=_times(whole.values, MINUTES[second]))
    if first in MINUTES:
        return replace(whole, kind="minutes", values=_times(whole.values, MINUTES[first]))
    if first in MONTHS:
        return replace(whole, kind="months", values=_times(whole.values, MONTHS[first]))
    if first in DATES:
        return replace(whole, kind="date", currency=str(DATES[first]))
    if first == "of" and second in DATES:
        return replace(whole, kind="date", currency=str(DATES[second]))
    return None


def _times(values: frozenset[Decimal], by: int, add: int = 0, then: int = 1) -> frozenset[Decimal]:
    return frozenset(((value * by + add) * then).normalize() for value in values)


def _unit_words(pieces: list[_Piece], index: int, language: Language) -> list[str]:
    """Return the words after a number that may be its unit, skipping a range's second number."""
    words: list[str] = []
    for piece in pieces[index + 1 : index + 6]:
        is_number = bool(piece.values)
        if is_number and not (set(words) - RANGE):
            words = []
            continue
        if is_number or piece.kind == "iso" or len(words) == 3:
            break
        if piece.text in ("am", "pm"):
            return words or [piece.text]
        if piece.text in language.small | LOOSE and (words[:1] or [piece.text])[0] not in RANGE:
            break
        words.append(piece.text.removesuffix("-"))
    if words and words[0] == "of" and words[1:2] and words[1] in DATES:
        return words
    return [w for w in words if w not in language.small or w in MINUTES or w in MONTHS][:3]


def _ranges(found: list[Quantity], text: str) -> list[Quantity]:
    """Give both numbers of a range the same unit: "$5 to 7", "5 to 7 days"."""
    for index, (one, two) in enumerate(pairwise(found)):
        between = text[one.at + len(one.said) : two.at].strip()
        if between in ("-", "–", "to", "bis") and one.kind == "money" and two.kind == "thing":
            found[index + 1] = replace(two, kind="money", currency=one.currency, nouns=frozenset())
    return found
