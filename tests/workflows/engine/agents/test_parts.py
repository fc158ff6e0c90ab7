"""Parts of an agent step are counted over all attempts, and its caps over the present one."""

from types import SimpleNamespace
from typing import Any

from workflows.engine.agents.parts import (
    calls_asked,
    last_turn,
    output_at_start,
    parts_of,
    parts_of_attempt,
    proposed_in,
)


def context_of(*rows: Any) -> Any:
    return SimpleNamespace(steps={row.name: row for row in rows})


def row(name: str, kind: str = "turn", **more: Any) -> Any:
    """A row as far as parts look at one."""
    given = {"status": "done", "note": "", "output": None} | more
    return SimpleNamespace(name=name, kind=kind, **given)


def test_parts_are_in_the_order_of_their_numbers_and_of_their_step_alone() -> None:
    given = [row(name) for name in ("work.10", "work.2", "other.1", "work.1", "work")]
    assert [one.name for one in parts_of(context_of(*given), "work")] == [
        "work.1",
        "work.2",
        "work.10",
    ]


def test_an_attempt_begins_after_the_parts_of_those_before() -> None:
    first = [row("work.1"), row("work.2", "call")]
    step = row("work", "agent", output=output_at_start(first))
    context = context_of(step, *first, row("work.3"), row("work.4", "act"))
    assert [one.name for one in parts_of_attempt(context, "work")] == ["work.3", "work.4"]
    assert [one.name for one in parts_of(context, "work")][:2] == ["work.1", "work.2"]


def test_the_first_attempt_has_all_parts() -> None:
    assert output_at_start([]) == {}
    for output in (None, {}, {"text": "Done."}):
        context = context_of(row("work", "agent", output=output), row("work.1"))
        assert len(parts_of_attempt(context, "work")) == 1


def test_the_last_turn_and_what_it_asked_for() -> None:
    calls = [{"name": "look", "part": "work.2"}]
    turn = row("work.3", output={"calls": calls})
    context = context_of(row("work.1"), row("work.2", "call"), turn, row("work.4", "call"))
    assert last_turn(context, "work") is turn
    assert calls_asked(turn) == calls
    assert calls_asked(row("work.9")) == []
    assert last_turn(context_of(), "work") is None


def test_an_action_on_a_card_is_not_put_up_again() -> None:
    waiting = row("work.2", "act", status="waiting", note="")
    shown = row("work.3", "act", status="waiting", note="an item")
    done = row("work.4", "act", status="done", note="")
    assert proposed_in(context_of(waiting, shown, done), "work") == [waiting]
