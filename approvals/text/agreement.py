"""A text for people is compared with its actions: sums, dates, numbers, people, addresses. Pure.

A text may say more than its actions. It disagrees where it has sums (or dates, or order numbers)
and none of them is the action's, or where it is addressed to another person.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from approvals.rules.amounts import amounts
from approvals.rules.phrases import is_money, money
from approvals.text.following import followed, is_said
from approvals.text.written import Day, day_first, days, iso, sums

__all__ = ["Disagreement", "followed", "is_said", "text_disagreements"]

ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
TITLES = (
    "mr|mrs|ms|miss|mx|dr|prof|professor|herr|herrn|frau|familie|madame|monsieur|mme|señor|señora|"
    "sr|sra|signor|signora|mevrouw|meneer|senhor|senhora"
)
GREETING = re.compile(
    r"^\W{0,3}(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|hallo|liebe[rs]?|"
    r"guten (?:tag|morgen|abend)|sehr geehrte[rs]?|bonjour|bonsoir|chère?|hola|estimad[oa]|"
    r"buenos días|ciao|buongiorno|gentile|beste|geachte|olá|prezad[oa])\s{1,3}"
    rf"(?:(?:{TITLES})\.?\s{{1,3}}){{0,2}}"
    r"([^\W\d_][\w'’-]{1,40}(?: [^\W\d_][\w'’-]{1,40}(?=\s{0,3}(?:[,!:\n]|$)))?)",
    re.IGNORECASE,
)
NOBODY = frozenset(
    f"there all everyone everybody team sir madam customer client guest patient both folks friend "
    f"friends neighbour colleague colleagues member members ladies gentlemen again thank thanks we "
    f"you i zusammen kunde kundin damen cliente klant mesdames messieurs {TITLES}"
    .replace("|", " ").split()
)  # fmt: skip
# Words for things with a number, by the name of the argument.
NUMBERED = {
    "order": "order|bestellung|auftrag|commande|pedido|ordine|bestelling|encomenda",
    "booking": "booking|reservation|buchung|réservation|reserva|prenotazione|boeking",
    "invoice": "invoice|rechnung|facture|factura|fattura|factuur|fatura",
    **{one: one for one in ("appointment", "job", "reference", "ticket", "case", "parcel")},
}
ENDINGS = re.compile(r"(?:_(?:ids?|nos?|nr|numbers?|ref))+$")
OF_PEOPLE = frozenset(
    ["customer", "patient", "name", "recipient", "client", "guest", "to_name", "customer_name"]
)
# Words before an address that we send to; "send us a photo to" is a request and doesn't match.
SENDING = re.compile(
    r"\b(?:sent|sending|mailed|e-mailed|emailed|confirmed|confirmation|receipt|"
    r"(?:we|i)(?:'ll|’ll| will)? (?:also )?(?:send|mail))\b[^.!?\n]*\b(?:to|at)\s*\W{0,2}$"
    r"|\b(?:we|i)(?:'ll|’ll|'ve|’ve| will| have)? (?:e-?mail(?:ed)?)\s*\W{0,2}$"
)
LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A disagreement: what the text says and what the action would do, as people read it."""

    said: str
    done: str

    def sentence(self) -> str:
        """Return the disagreement as a sentence."""
        return f"The text says {self.said}; the action has {self.done}."


def text_disagreements(
    text: str, acts: Iterable[dict[str, Any]], locale: str = "en_US"
) -> list[Disagreement]:
    """Return where a text differs from the arguments of its actions, each disagreement once."""
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


def _sums(text: str, acts: list[dict[str, Any]], locale: str) -> Iterator[Disagreement]:
    said = list(sums(text))
    for act in acts:
        for amount in amounts(act):
            wanted = Decimal(amount["value"]).scaleb(-get_currency_precision(amount["currency"]))
            if said and not any(one.may_be(wanted, amount["currency"]) for one in said):
                yield Disagreement(said[0].said, money(amount, locale))


def _days(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    """Yield days of actions that the text lacks, if it has a day that is no action's."""
    own = [found for _, value in _texts(acts) if (found := _own_day(value))]
    said = list(days(text))
    strange = [one for one in said if not any(_is(one, day) for day in own)]
    for day in own:
        if strange and not any(_is(one, day) for one in said):
            yield _differing(strange, day)


def _differing(strange: list[Day], own: tuple[date, bool]) -> Disagreement:
    day, has_year = own
    other_year = [one for one in strange if has_year and one.may_be(day, any_year=True)]
    if other_year:
        return Disagreement(other_year[0].said, f"{day_first(day)} {day.year}")
    return Disagreement(strange[0].said, day_first(day))


def _is(said: Day, own: tuple[date, bool]) -> bool:
    day, has_year = own
    return said.may_be(day, any_year=not has_year)


def _own_day(value: str) -> tuple[date, bool] | None:
    """Return the day that a value consists of, and whether it has a year; else None."""
    if found := iso(value):
        return found, True
    alone = [one for one in days(value[:40]) if one.said == value.strip()]
    if not alone or len(alone[0].days) != 1:
        return None
    ((month, day),) = alone[0].days
    try:
        # A leap year holds every day there is.
        return date(alone[0].year or 2024, month, day), alone[0].year is not None
    except ValueError:
        return None


def _numbers(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    """Yield numbers of orders and the like: "order 10413" beside an action on order 10412."""
    for name, value in _texts(acts):
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        last = ENDINGS.sub("", snake).split("_")[-1].removesuffix("s")
        digits = sum(c.isdigit() for c in value)
        if last not in NUMBERED or not digits or len(value) > 40:
            continue
        shape = (
            rf"\b(?:{NUMBERED[last]})(?::\s?|\s{{1,3}})(?:(?:no|nr)\.?\s?|number\s|id\s)?"
            r"#?\s?([\w-]*\d[\w-]*)"
        )
        said = [m[1] for m in re.finditer(shape, text, re.IGNORECASE)]
        # "In order 2 get this": far shorter numbers are none of its kind.
        said = [one for one in said if sum(c.isdigit() for c in one) * 2 >= digits]
        if said and value.casefold() not in {one.casefold() for one in said}:
            yield Disagreement(f"{last} {said[0]}", f"{last} {value}")


def _people(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    match = GREETING.match(text)
    words = match[1].split() if match else []
    greeted = [word for word in words if not word[0].islower()]
    if not greeted or words[0] != greeted[0] or _parts(greeted[0]) & NOBODY:
        return
    names = [value for name, value in _texts(acts) if name.lower() in OF_PEOPLE and value.strip()]
    parts = {part for value in names for part in _parts(value)}
    if names and not parts.issuperset(_parts(" ".join(greeted))):
        yield Disagreement(" ".join(greeted), names[0])


def _parts(name: str) -> frozenset[str]:
    """Return a name's words in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return frozenset(re.findall(r"[^\W\d_]+", bare))


def _addresses(text: str, acts: list[dict[str, Any]]) -> Iterator[Disagreement]:
    own = {
        one.casefold()
        for _, value in _texts(acts)
        for one in ADDRESS.findall(value[:2000])
        if value != text
    }
    said = [
        match.group()
        for match in ADDRESS.finditer(text)
        if SENDING.search(text[max(0, match.start() - 60) : match.start()].lower())
    ]
    if own and said and not {one.casefold() for one in said} & own:
        yield Disagreement(said[0], min(own))


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text and whole number of arguments with its name, without amounts."""
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
