"""Signals are measured on a prompt: how hard it is, and whose data is in it. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from workflows.definitions.strict import Strict
from workflows.routing.levels import Difficulty, Sensitivity

# Characters a token. The estimate decides a row, never an amount that is paid.
CHARACTERS_A_TOKEN = 4
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
# Ten digits or more, as telephone, card and account numbers have; dates and prices have fewer.
LONG_NUMBER = re.compile(r"(?<![\d.,])\+?\d(?:[ ()/-]?\d){9,}(?![\d.,]?\d)")
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


class SignalLimits(Strict):
    """Limits from which a measure makes a call harder. 0 switches one off."""

    tokens: int = Field(default=3000, ge=0, le=10_000_000)
    fields: int = Field(default=8, ge=0, le=1000)
    few_sources: int = Field(default=1, ge=0, le=1000)
    attempts: int = Field(default=2, ge=0, le=100)


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


def sensitivity_of(texts: list[str], *, has_sources: bool) -> Sensitivity:
    """Return the most sensitive data in a prompt's texts.

    Addresses and long numbers are personal; what comes from the client's sources is internal.
    """
    if any(one.search(text) for text in texts for one in (ADDRESS, LONG_NUMBER, ACCOUNT)):
        return Sensitivity.PERSONAL
    return Sensitivity.INTERNAL if has_sources else Sensitivity.PUBLIC


def _above(name: str, value: int, limit: int) -> Signal:
    return Signal(name, value, limit, bool(limit) and value >= limit)
