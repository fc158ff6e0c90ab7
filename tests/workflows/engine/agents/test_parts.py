"""Parts of an agent step, in order, and those of its present attempt alone."""

from types import SimpleNamespace
from typing import Any

from tests.workflows.unsaved import unsaved_step
from workflows.engine.agents.parts import (
    TURN,
    last_turn,
    output_at_start,
    parts_of,
    parts_of_attempt,
)


def context_of(*parts: str, **output: int) -> Any:
    rows = [unsaved_step(name="work", kind="agent", output=output or None)]
    rows += [unsaved_step(name=name, kind=TURN) for name in parts]
    return SimpleNamespace(steps={row.name: row for row in rows})


def names(rows: list[Any]) -> list[str]:
    return [row.name for row in rows]


def test_parts_come_in_the_order_of_their_numbers() -> None:
    context = context_of("work.10", "work.2", "other.1")
    assert names(parts_of(context, "work")) == ["work.2", "work.10"]
    turn = last_turn(context, "work")
    assert turn is not None
    assert turn.name == "work.10"


def test_an_attempt_has_the_parts_after_those_of_the_former() -> None:
    assert output_at_start([]) == {}
    assert names(parts_of_attempt(context_of("work.1", "work.2"), "work")) == ["work.1", "work.2"]
    begun = output_at_start(parts_of(context_of("work.9", "work.10"), "work"))
    context = context_of("work.9", "work.10", "work.11", **begun)
    assert names(parts_of_attempt(context, "work")) == ["work.11"]
