"""Caps of an agent step, and how much of them is used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.steps.agent import Caps


@dataclass(frozen=True, slots=True)
class Used:
    """What an agent took until now. ``micros`` are millionths of a US dollar."""

    turns: int = 0
    tool_calls: int = 0
    tokens: int = 0
    micros: int = 0
    minutes: float = 0


def tightened(caps: Caps, lower: Mapping[str, float | None]) -> Caps:
    """Return caps with those of ``lower`` that are lower; None sets none."""
    given = {name: value for name, value in lower.items() if value is not None}
    less = {name: value for name, value in given.items() if value < getattr(caps, name)}
    return caps.model_copy(update=less)


def cap_reached(caps: Caps, used: Used) -> str:
    """Return the sentence of a cap that lets no further turn be asked; empty for none."""
    if used.turns >= caps.turns:
        return f"It asked its model {_counted(used.turns, 'time')}, which is the most it may."
    if used.tool_calls > caps.tool_calls:
        return f"It asked for {used.tool_calls} calls; it may ask for {caps.tool_calls}."
    if used.tokens >= caps.tokens:
        return f"It took {used.tokens:,} tokens; it may take {caps.tokens:,}."
    if used.micros >= caps.dollars * 1_000_000:
        return f"It cost ${used.micros / 1_000_000:.2f}; it may cost ${caps.dollars:.2f}."
    if used.minutes >= caps.minutes:
        return f"It took longer than {_counted(caps.minutes, 'minute')}."
    return ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
