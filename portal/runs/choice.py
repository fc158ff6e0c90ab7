"""How a call's model was chosen, in words, as the trace shows it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workflows.models import Call
from workflows.routing.levels import Consequence, Sensitivity
from workflows.routing.selectors import routing_table

# What was measured, and from where it makes a call harder.
SIGNALS = {
    "tokens": ("tokens: about {value:,}", "hard from {limit:,}"),
    "fields": ("fields to fill: {value}", "hard from {limit}"),
    "attempts": ("time it is written: {value}", "hard from {limit}"),
    "few_sources": ("pieces found: {value}", "hard with {limit} or less"),
}
LEADS_TO = {
    Consequence.NONE: "a draft",
    Consequence.CHANGES: "a change",
    Consequence.GOES_OUT: "something that goes out",
    Consequence.HEAVY: "money that may move, or what can't be undone",
}
HOLDS = {
    Sensitivity.PUBLIC: "nothing of the client's",
    Sensitivity.INTERNAL: "the client's data",
    Sensitivity.PERSONAL: "personal data",
}


@dataclass(frozen=True, slots=True)
class SignalLine:
    """Signal in words, and whether it made the call harder."""

    said: str
    fired: bool


@dataclass(frozen=True, slots=True)
class ChoiceLines:
    """Lines of a choice. ``next_tier`` is the next stronger model's title, empty for none.

    ``next_micros`` is what that would have cost for the same tokens, None where it isn't known.
    """

    table: int
    row: int
    difficulty: str
    leads_to: str
    holds: str
    signals: list[SignalLine]
    passed_over: list[tuple[str, str]]
    next_tier: str
    next_micros: int | None


def choice_lines(call: Call) -> ChoiceLines | None:
    """Return how a call was routed; None where its model was named."""
    choice: dict[str, Any] | None = call.choice
    if not choice:
        return None
    case = choice["case"]
    table = routing_table(UUID(choice["version"]))
    after = table.deployments.get(choice["next_tier"])
    is_counted = call.cost_micros is not None and call.usage.tokens_in > 0
    price = after.price if after and is_counted else None
    return ChoiceLines(
        table=choice["table"],
        row=choice["row"],
        difficulty=case["difficulty"],
        leads_to=LEADS_TO[Consequence(case["consequence"])],
        holds=HOLDS[Sensitivity(case["sensitivity"])],
        signals=[SignalLine(_signal(one), one["fired"]) for one in choice["signals"]],
        passed_over=[(name, why) for name, why in choice["passed_over"]],
        next_tier=after.title if after else "",
        next_micros=price.cost_micros(call.usage) if price else None,
    )


def _signal(one: dict[str, Any]) -> str:
    measured, limit = SIGNALS[one["name"]]
    said = f"{measured}, {limit if one['limit'] else 'not counted'}"
    return said.format(value=one["value"], limit=one["limit"])
