"""The statements of a text: each sentence is read once, for the comparisons. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tenants.sources.support.claims import (
    Denial,
    denials,
    directions,
    is_denial,
    without_comparisons,
)
from tenants.sources.support.languages import (
    ENGLISH,
    WORD,
    Language,
    folded,
    is_latin,
    language_of,
    stem,
    without_hidden,
)
from tenants.sources.support.quantities import (
    WITH_CENTS,
    Quantity,
    in_minor_units,
    quantities,
)
from tenants.sources.support.units import UNITS

# A full stop after these ends no sentence, nor does a line break before a lower-case letter.
SHORT = ("e.g.", "i.e.", "vs.", "Dr.", "Mr.", "Mrs.", "St.", "approx.", "incl.", "z.B.", "bzw.")
ENDS = re.compile(
    "".join(rf"(?<!\b{re.escape(one)})" for one in SHORT)
    + r"(?<=[.!?])[\"'”’)]{0,3}\s+|(?<=[。！？؟।])|\n\s*\n|\n(?![ \t]*[a-zà-öø-ÿ])"
)
LIST_MARK = re.compile(r"^\s*(?:[-*+•#>|]+\s+|\d{1,3}[.)]\s+)+")
# The number of a list at the start of a line, whose full stop ends no sentence.
LIST_NUMBER = re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+(?=\S)", re.MULTILINE)
CLAUSE = re.compile(
    r"[,;:()–—]|\s-\s|\b(?:if|when|because|unless|but|and|while|which|who|where|since|though|"
    r"wenn|weil|aber|und|si|mais|quand|pero|cuando|ma|quando|als|maar)\b"
)
CENTS_NAME = re.compile(
    r"(?:^|_|(?<=[a-z])(?=[A-Z]))(?:(?P<code>[A-Z]{3})_minor|(?i:cents|pence|minor|minor_units))$"
)
# Texts that mean yes or no in a record.
YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}
HOURS = re.compile(r"[ap]m-\d+(?:[ap]m)?", re.IGNORECASE)
LONGEST = 4000


@dataclass(frozen=True)
class Statement:
    """A sentence with its words, stems, numbers, names and denials.

    ``record_numbers`` are numbers from a record's fields, besides those of its text.
    """

    text: str
    language: Language
    record_numbers: tuple[Quantity, ...] = ()
    is_record: bool = False
    denied: tuple[Denial, ...] = field(default=())

    @cached_property
    def folded(self) -> str:
        """The text in one spelling."""
        return folded(self.text)

    @cached_property
    def words(self) -> list[str]:
        """Folded words in order, without numbers; comparing words are among them."""
        return [w for w in WORD.findall(self.folded) if not w[0].isdigit()]

    @cached_property
    def word_set(self) -> frozenset[str]:
        """The folded words, each once; hyphenated words also by their parts."""
        parts = {part for w in self.words if "-" in w for part in w.split("-")}
        return frozenset(self.words) | parts

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all words."""
        return frozenset(stem(w, self.language.name) for w in self.word_set)

    @cached_property
    def content(self) -> frozenset[str]:
        """The stems of the words with meaning: no small words, denials or number words."""
        return frozenset(s for w in self.words if (s := self.content_stem(w)))

    def content_stem(self, word: str) -> str:
        """Return the stem of a word with meaning, or ""."""
        one = self.language
        if word in one.small or is_denial(word, one) or word in one.numbers or len(word) < 2:
            return ""
        return stem(word, one.name)

    @cached_property
    def numbers(self) -> list[Quantity]:
        """The numbers with their units."""
        return [*quantities(self.folded, self.language), *self.record_numbers]

    @cached_property
    def directions(self) -> frozenset[str]:
        """The directions in which the sentence compares: "least", "most"."""
        return directions(self.folded)

    @cached_property
    def denials(self) -> tuple[Denial, ...]:
        """The denials of the sentence."""
        plain = re.sub(r"\bnon-", "non ", without_comparisons(self.folded))
        clauses = [
            [(w, self.content_stem(w)) for w in WORD.findall(clause) if not w[0].isdigit()]
            for clause in CLAUSE.split(plain)
        ]
        return (*denials(clauses, self.language), *self.denied)

    @cached_property
    def ordered(self) -> list[str]:
        """Folded words and numbers in order, for a comparison word by word."""
        return [word.rstrip(".,") for word in WORD.findall(self.folded)]

    @cached_property
    def tokens(self) -> list[str]:
        """The words and numbers in order, words as stems."""
        return [w if w[0].isdigit() else stem(w, self.language.name) for w in self.ordered]

    @cached_property
    def names(self) -> list[str]:
        """Words capitalised within the sentence, and codes such as HP-100."""
        if self.language.name == "german":
            return [w for w in WORD.findall(self.text) if _is_code(w)]
        found = []
        for match in WORD.finditer(self.text):
            word, before = match.group(), self.text[: match.start()].rstrip()
            starts = not before or before[-1] in ".!?:\"“‘'(*"
            if HOURS.fullmatch(word):
                continue
            if _is_code(word) or (word[0].isupper() and not starts and len(word) > 1):
                found.append(word)
        return found


def _is_code(word: str) -> bool:
    return word[0].isalpha() and any(c.isdigit() for c in word)


def plain_of(text: str) -> str:
    """Return a sentence's words only, to find out whether it is quoted word for word."""
    return " ".join(re.findall(r"\d[\d.,]*\d|\w+|[$€£¥%₹]", folded(text)))


def statements_of(text: str, fallback: Language | None) -> Iterator[Statement]:
    """Yield the sentences of a source's text; one in no known language has ``fallback``."""
    for part in ENDS.split(LIST_NUMBER.sub("", without_hidden(text))):
        said = LIST_MARK.sub("", part).strip()[:LONGEST]
        if said:
            yield Statement(said, language_of(_words(said), fallback) or fallback or ENGLISH)


def find_statement(text: str, *fallbacks: Language | None) -> Statement | None:
    """Return a draft's sentence in its own language or the first of ``fallbacks``; None without."""
    text = without_hidden(text)
    if not is_latin(text):
        return None
    language = language_of(_words(text), *fallbacks) or next(filter(None, fallbacks), None)
    return Statement(text[:LONGEST], language) if language else None


def text_language(text: str, *likely: Language | None) -> Language | None:
    """Return the language of a whole text; None for one without a table."""
    return language_of(_words(text[:20_000]), *likely) if is_latin(text[:20_000]) else None


def _words(text: str) -> list[str]:
    return WORD.findall(folded(text))


def record_statement(title: str, record: dict[str, Any], language: Language) -> Statement:
    """Return a record as one sentence: its fields' names and values, in order."""
    texts, numbers, denied = [title.replace("_", " ")], [], []
    leaves = list(_leaves(record))
    currency = _currency(leaves)
    for name, value in leaves:
        words = name.replace("_", " ").replace("-", " ")
        value = YES_OR_NO.get(str(value).strip().lower(), value)
        if value is True or value is None or value == "":
            texts.append(words)
        elif value is False:
            texts.append(words)
            stems = [stem(w, language.name) for w in WORD.findall(folded(words))]
            denied.append(Denial("false", tuple(s for s in stems if s not in language.small)))
        elif isinstance(value, int | float) or str(value).strip().replace(".", "", 1).isdigit():
            texts.append(words)
            numbers += _field_numbers(name, words, str(value).strip(), language, currency)
        else:
            texts.append(f"{words} {value}")
    return Statement(". ".join(texts)[:LONGEST], language, tuple(numbers), True, tuple(denied))


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        is_money = isinstance(value.get("value"), int) and "currency" in value
        for key, inner in value.items():
            if is_money and key == "value":
                code = str(value["currency"]).upper()[:3]
                yield f"{name}_{code}_minor".strip("_"), inner
            else:
                yield from _leaves(inner, f"{name}_{key}".strip("_"))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    else:
        yield name, value


def _currency(leaves: list[tuple[str, Any]]) -> str:
    """Return the currency that a record names once for its amounts, or ""."""
    found = {str(value).upper() for name, value in leaves if name.lower().endswith("currency")}
    return found.pop() if len(found) == 1 and all(len(one) == 3 for one in found) else ""


def _field_numbers(
    name: str, words: str, value: str, language: Language, currency: str
) -> list[Quantity]:
    """Return a field's number: in minor units or in a unit where its name says so."""
    if (ending := CENTS_NAME.search(name)) and value.isdecimal():
        return [in_minor_units(value, ending["code"] or currency)]
    # The unit goes first, as in "discount percent".
    parts = sorted(words.lower().split(), key=lambda word: word not in UNITS)
    held = quantities(f"{value} {' '.join(parts)}", language)
    if currency and WITH_CENTS.fullmatch(value):
        return [Quantity(one.values, "money", value, currency=currency) for one in held]
    plain = [Quantity(one.values, "thing", value) for one in held]
    return [*plain, *(one for one in held if one.kind != "thing")]
