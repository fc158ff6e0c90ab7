"""Parts of an agent step: turns of its model and calls of its tools, each a row of the journal."""

from dataclasses import replace
from typing import Any

from workflows.definitions.definition import PART_SEPARATOR, Step, is_part, step_of_part
from workflows.engine.state.context import Context
from workflows.models import StepRun

# Kinds of parts: a turn of the model, a call that reads or is refused, a look-up in the sources, a
# proposed action, a part of the work handed over, and words of a person who sent the text back.
TURN, CALL, RETRIEVE = "turn", "call", "retrieve"
ACT, HANDOFF, FEEDBACK = "act", "handoff", "feedback"
AFTER = "after"  # in the output of a step under way: the last part of its former attempts


def parts_of(context: Context, name: str) -> list[StepRun]:
    """Return the live parts of a step, oldest first."""
    rows = [row for row in context.steps.values() if is_part(row.name)]
    return sorted((row for row in rows if step_of_part(row.name) == name), key=part_number)


def parts_of_attempt(context: Context, name: str) -> list[StepRun]:
    """Return the parts of a step's attempt, oldest first: its caps are for those alone.

    An attempt begins where a person has the step tried again, or sends its text back.
    """
    after = (context.steps[name].output or {}).get(AFTER, 0)
    return [row for row in parts_of(context, name) if part_number(row) > after]


def output_at_start(parts: list[StepRun]) -> dict[str, int]:
    """Return the output of a step that begins with these parts of its former attempts."""
    return {AFTER: part_number(parts[-1])} if parts else {}


def part_number(row: StepRun) -> int:
    """Return the number of a part within its step."""
    return int(row.name.rpartition(PART_SEPARATOR)[2])


def next_part(context: Context, name: str, kind: str) -> Step:
    """Return the part that comes after all parts of a step, as one of a kind."""
    last = max((part_number(row) for row in parts_of(context, name)), default=0)
    part = context.definition.step(f"{name}{PART_SEPARATOR}{last + 1}")
    return replace(part, kind=kind)


def last_turn(context: Context, name: str) -> StepRun | None:
    """Return the newest turn of a step; None before its first."""
    turns = [row for row in parts_of(context, name) if row.kind == TURN]
    return turns[-1] if turns else None


def calls_asked(turn: StepRun) -> list[dict[str, Any]]:
    """Return the calls that a finished turn asked for; each names the part that it became."""
    return list((turn.output or {}).get("calls", ()))


def proposed_in(context: Context, name: str) -> list[StepRun]:
    """Return the actions of a step that wait and are on no card yet."""
    return [
        row
        for row in parts_of(context, name)
        if row.kind == ACT and row.status == "waiting" and not row.note
    ]
