"""Signals are measured on a prompt: how hard it is, and whose data is in it. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from workflows.definitions.strict import Strict
from workflows.routing.levels import Difficulty, Sensitivity

# Characters a token. The estimate decides a row, never an amount that is paid.
CHARACTERS_A_TOKEN = 4
ADDRESS = re.compile(r"[\w.+\"-]{1,64}@(?:[\w-]{1,63}\.){1,9}[^\W\d_]{2,}")
# Nine digits or more with at most three marks between two, as telephone, card, social security and
# account numbers have them. Bounded, as a text may be nothing but digits.
LONG_NUMBER = re.compile(r"(?<!\w)[+(]?\d(?:[ \t.()/\u2010-\u2015-]{0,3}\d){8,30}(?!\w)")
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
# What has as many digits and tells nobody: ids, days with times, amounts such as 1.234.567,00.
TIME = r"(?:[T,]? *\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
IMPERSONAL = re.compile(
    r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    rf"|\b\d{{4}}([-./])\d{{1,2}}\1\d{{1,2}}(?!\d){TIME}"
    rf"|\b\d{{1,2}}([-./])\d{{1,2}}\2\d{{2}}(?:\d{{2}})?(?!\d){TIME}"
    r"|\b\d{1,3}(?:\.\d{3})+,\d{1,2}\b"
)


class SignalLimits(Strict):
    """Limits from which a measure makes a call harder. 0 switches one off."""

    tokens: int = Field(default=3000, ge=0, le=10_000_000, strict=True)
    fields: int = Field(default=8, ge=0, le=1000, strict=True)
    few_sources: int = Field(default=1, ge=0, le=1000, strict=True)
    attempts: int = Field(default=2, ge=0, le=100, strict=True)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on a call.

    ``fields`` are those that the answer must have. ``sources`` is the number of pieces found, None
    where none were looked for. ``attempt`` counts from 1.
    """

    tokens: int
    fields: int
    sources: int | None = None
    attempt: int = 1

    @classmethod
    def from_json(cls, signals: list[dict[str, Any]]) -> "Measures":
        """Return the measures of signals that the journal kept."""
        values = {one["name"]: one["value"] for one in signals}
        return cls(
            values["tokens"], values["fields"], values.get("few_sources"), values["attempts"]
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """Measure with the limit from which it makes a call harder, and whether it does."""

    name: str
    value: int
    limit: int
    fired: bool

    def as_json(self) -> dict[str, Any]:
        """Return the signal as the journal keeps it."""
        return {"name": self.name, "value": self.value, "limit": self.limit, "fired": self.fired}


def signals_of(found: Measures, limits: SignalLimits) -> list[Signal]:
    """Return the signals of a call, those that did not fire too."""
    signals = [
        _above("tokens", found.tokens, limits.tokens),
        _above("fields", found.fields, limits.fields),
        _above("attempts", found.attempt, limits.attempts),
    ]
    if found.sources is not None:
        few = bool(limits.few_sources) and found.sources <= limits.few_sources
        signals.append(Signal("few_sources", found.sources, limits.few_sources, few))
    return signals


def difficulty_of(signals: list[Signal]) -> Difficulty:
    """Return how hard a call is: easy without a signal, usual with one, hard with more."""
    fired = sum(signal.fired for signal in signals)
    return list(Difficulty)[min(fired, 2)]


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def sensitivity_of(texts: list[str], *, is_clients: bool) -> Sensitivity:
    """Return the most sensitive data in a prompt's texts.

    Addresses and long numbers are personal. ``is_clients``: the prompt has the client's data, so it
    is internal at least.
    """
    for given in texts:
        text = unicodedata.normalize("NFKC", given)  # digits, blanks and @ of any width
        plain = IMPERSONAL.sub(" | ", text)
        if ADDRESS.search(text) or ACCOUNT.search(text) or LONG_NUMBER.search(plain):
            return Sensitivity.PERSONAL
    return Sensitivity.INTERNAL if is_clients else Sensitivity.PUBLIC


def _above(name: str, value: int, limit: int) -> Signal:
    return Signal(name, value, limit, bool(limit) and value >= limit)
