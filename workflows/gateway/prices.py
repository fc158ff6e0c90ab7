"""Price of a call: rates of each bucket of tokens, by the length of the prompt. Pure.

Amounts are whole numbers, so that many small calls add up exactly: rates in millionths of a
millionth of a US dollar a token, costs in millionths of a dollar, rounded up.
"""

import re
from dataclasses import dataclass
from typing import Any

from workflows.gateway.usage import Usage

PICOS_A_DOLLAR = 10**12
PICOS_A_MICRO = 10**6
# The list's names of each rate. ``_above_200k_tokens`` behind one is its rate for longer prompts.
INPUT = "input_cost_per_token"
OUTPUT = "output_cost_per_token"
CACHE_READ = ("cache_read_input_token_cost", "input_cost_per_token_cache_hit")
CACHE_WRITE = ("cache_creation_input_token_cost",)
REASONING = ("output_cost_per_reasoning_token",)
A_CALL = "input_cost_per_request"
ABOVE = re.compile(rf"{INPUT}_above_(\d+)(k?)_tokens")


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the five buckets a token, and of the call itself, in PICOS."""

    uncached: int
    cache_read: int
    cache_write: int
    answer: int
    reasoning: int
    a_call: int = 0

    def cost(self, usage: Usage) -> int:
        """Return what this usage costs, in PICOS."""
        return (
            self.a_call
            + usage.uncached * self.uncached
            + usage.cache_read * self.cache_read
            + usage.cache_write * self.cache_write
            + usage.answer * self.answer
            + usage.reasoning * self.reasoning
        )

    def ceiling(self, tokens_in: int, most_out: int) -> int:
        """Return the most that a call with so many tokens can cost, in PICOS."""
        dearest_in = max(self.uncached, self.cache_read, self.cache_write)
        return self.a_call + tokens_in * dearest_in + most_out * max(self.answer, self.reasoning)


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a model: rates, each with the number of prompt tokens above which it holds.

    ``tiers`` begin with 0 and grow.
    """

    tiers: tuple[tuple[int, Rates], ...]

    def rates(self, tokens_in: int) -> Rates:
        """Return the rates of a prompt with so many tokens."""
        return [rates for above, rates in self.tiers if not above or tokens_in > above][-1]

    def cost_micros(self, usage: Usage) -> int:
        """Return what a call costs, in millionths of a US dollar, rounded up."""
        return _micros(self.rates(usage.tokens_in).cost(usage))

    def ceiling_micros(self, tokens_in: int, most_out: int) -> int:
        """Return the most that a call can cost, in millionths of a US dollar.

        The dearest tier that a prompt of up to ``tokens_in`` tokens can reach counts.
        """
        reached = [rates for above, rates in self.tiers if not above or tokens_in > above]
        return _micros(max(rates.ceiling(tokens_in, most_out) for rates in reached))


FREE = Price(((0, Rates(0, 0, 0, 0, 0)),))


def flat_price(dollars_in: float, dollars_out: float) -> Price:
    """Return a price of two rates, in US dollars a token."""
    into, out = _picos(dollars_in), _picos(dollars_out)
    return Price(((0, Rates(into, into, into, out, out)),))


def listed_price(listed: dict[str, Any]) -> Price | None:
    """Return the price in an entry of LiteLLM's list; None where tokens have no known price."""
    if isinstance(tiers := listed.get("tiered_pricing"), list):
        found = [(_range_start(one), _rates(one, "")) for one in tiers if isinstance(one, dict)]
        found = sorted(found, key=lambda tier: tier[0])
    else:
        above = {"": 0}
        for name in listed:
            if match := ABOVE.fullmatch(name):
                thousand = 1000 if match[2] else 1
                above[f"_above_{match[1]}{match[2]}_tokens"] = int(match[1]) * thousand
        found = sorted(
            ((start, _rates(listed, suffix)) for suffix, start in above.items()),
            key=lambda tier: tier[0],
        )
    known = [(start, rates) for start, rates in found if rates is not None]
    # The list has 0 where somebody else pays, by the hour or not at all: that is no price.
    is_free = all(rates.ceiling(1, 1) == 0 for _, rates in known)
    return Price(tuple(known)) if len(known) == len(found) and not is_free else None


def _rates(listed: dict[str, Any], suffix: str) -> Rates | None:
    """Return the rates of one tier; a bucket without a rate of its own has that of its side."""
    into, out = _rate(listed, INPUT, suffix), _rate(listed, OUTPUT, suffix)
    if into is None or out is None:
        return None

    def first(names: tuple[str, ...], otherwise: int) -> int:
        return next((r for n in names if (r := _rate(listed, n, suffix)) is not None), otherwise)

    return Rates(
        uncached=into,
        cache_read=first(CACHE_READ, into),
        cache_write=max(into, first(CACHE_WRITE, into)),  # never for less: the list has odd ones
        answer=out,
        reasoning=first(REASONING, out),
        a_call=_rate(listed, A_CALL, "") or 0,
    )


def _rate(listed: dict[str, Any], name: str, suffix: str) -> int | None:
    value = listed.get(name + suffix)
    # A longer prompt's tier may leave out what does not change.
    value = listed.get(name) if value is None and suffix else value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return _picos(value)


def _range_start(tier: dict[str, Any]) -> int:
    bounds = tier.get("range")
    return int(bounds[0]) if isinstance(bounds, list) and bounds else 0


def _picos(dollars: float) -> int:
    return round(dollars * PICOS_A_DOLLAR)


def _micros(picos: int) -> int:
    return -(-picos // PICOS_A_MICRO)
