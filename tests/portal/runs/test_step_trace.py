"""One step's attempt in a trace, and one call as text."""

from typing import Any

from portal.runs.step_trace import StepTrace, call_trace
from tests.approvals.unsaved import NOBODY
from tests.workflows.unsaved import unsaved_step
from workflows.engine.agents.parts import TURN
from workflows.models import Call

MESSAGES = [
    {"role": "system", "content": "Rules."},
    {"role": "user", "content": "Ask."},
    {"role": "assistant", "content": None, "tool_calls": []},
    {"role": "tool", "content": "Found."},
]


def call(**response: Any) -> Call:
    return Call(
        tenant_id=NOBODY,
        kind="model",
        name="a/b",
        request={"messages": MESSAGES},
        response=response,
    )


def test_a_turn_has_what_no_turn_before_it_had() -> None:
    found = call_trace(call(text="Done."), unsaved_step(name="work.3", kind=TURN))
    assert found.messages == [("tool", "Found.")]
    assert found.answer == "Done."
    whole = call_trace(call(text="Done."), unsaved_step(name="reply", kind="generate"))
    assert [role for role, _ in whole.messages] == ["system", "user", "assistant", "tool"]


def test_what_a_turn_calls_is_its_answer() -> None:
    asked = [{"id": "1", "name": "orders.find", "arguments": {"order": "A-1"}, "problem": ""}]
    found = call_trace(call(text="", tool_calls=asked), unsaved_step(name="work.1", kind=TURN))
    assert '"name": "orders.find"' in found.answer
    assert '"order": "A-1"' in found.answer
    assert '"id"' not in found.answer


def test_what_has_markup_of_its_own_is_not_shown_as_json() -> None:
    row = unsaved_step(
        name="work", kind="agent", status="done", output={"text": "Hi.", "done": [1]}
    )
    shown = StepTrace("work", "agent", "works", "", row=row).plain_output
    assert "Hi." not in shown
    assert '"done"' in shown
