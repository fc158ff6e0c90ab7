"""Most that a call can take of a budget, known before it is made. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from workflows.gateway.prices import Price

# Tokens that a provider adds to each call: instructions for the schema, marks between messages.
ADDED = 600


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Most that a call can take. ``micros`` is None where its price isn't known."""

    micros: int | None
    tokens: int


def ceiling_of(request: dict[str, Any], price: Price | None) -> Ceiling:
    """Return the most that a model call can take, answer and reasoning included.

    A token has one byte at least, so a prompt has no more of them than bytes. The dearest tier that
    it can reach counts, and writing all of it to a cache.
    """
    sent = [request["messages"], request.get("schema"), request.get("tools")]
    tokens_in = len(json.dumps(sent, ensure_ascii=False).encode("utf-8", "replace")) + ADDED
    most_out = request["max_tokens"]
    micros = price.ceiling_micros(tokens_in, most_out) if price else None
    return Ceiling(micros, tokens_in + most_out)
