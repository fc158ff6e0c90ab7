"""Calls fail as they are told to, and what followed is read from the rows."""

import json
from typing import Any

import pytest

from tests.lanes import Lane
from tests.workflows.definition_kit import parsed
from workflows.drill.expectations import Followed
from workflows.drill.scenarios import Failing, FailingWorld, Happened, Seen, failed_in, happened
from workflows.drill.targets import DrillTarget, ToolFacts, Way
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.exceptions.causes import CausedProblem
from workflows.models import Call, StepRun
from workflows.sealed.recorded import RecordedWorld

STEP = parsed("name: s, generate: {prompt: x, schema: {}}").step("s")
MODEL = DrillTarget("s")
TOOL = DrillTarget("s", "t", ToolFacts("T", True, False))


def call(kind: str = "model", name: str = "m", step: str = "s", **more: Any) -> Call:
    fallback = more.pop("fallback", 0)
    row = StepRun(name=step, kind="x", fallback=fallback)
    return Call(step=row, kind=kind, name=name, request={"messages": []}, **more)


def test_only_calls_of_the_target_fail(lane: Lane) -> None:
    failing = Failing(MODEL, models=("m",))
    assert failing.has(call())
    assert failing.has(call(step="s.1"))  # a turn of an agent
    assert not failing.has(call(name="n"))
    assert not failing.has(call(step="other"))
    assert not failing.has(call("tool", "t"))


def test_a_tool_fails_in_each_attempt_so_far(lane: Lane) -> None:
    failing = Failing(TOOL, number=1)
    assert failing.has(call("tool", "t"))
    assert failing.has(call("tool", "u", fallback=1))
    assert not failing.has(call("tool", "v", fallback=2))
    of_agent = Failing(DrillTarget("s", "t", TOOL.facts, of_agent=True))
    assert of_agent.has(call("tool", "t", "s.2"))
    assert not of_agent.has(call("tool", "u", "s.3"))


@pytest.mark.parametrize("way", [one for one in Way if one is not Way.UNFIT])
def test_a_failure_costs_nothing_and_has_a_cause(way: Way) -> None:
    for is_model in (True, False):
        answer = failed_in(way, is_model=is_model)
        assert (answer.response, answer.cost_micros, answer.usage.tokens_in) == (None, 0, 0)
        assert isinstance(answer.problem, CausedProblem)
        assert answer.doubt is (way is Way.DOUBT)


def test_an_answer_that_does_not_fit_is_no_failure_of_the_call() -> None:
    answer = failed_in(Way.UNFIT, is_model=True)
    assert answer.response is not None
    assert (answer.problem, answer.cost_micros) == ("", 0)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(answer.response["text"])


def test_other_calls_are_answered_by_the_world_inside(lane: Lane) -> None:
    world = FailingWorld(RecordedWorld(), Failing(MODEL, models=("m",)), Way.REFUSED)
    assert world.answer(SealedQuestion(call())).kind == "refused"
    assert world.answer(SealedQuestion(call(name="n"))).response == {
        "text": "Sample text.",
        "model": "",
    }
    assert world.event(StepRun(name="w")) == {}


def test_where_nobody_was_told_it_stopped(lane: Lane) -> None:
    """What the engine must never do is seen as such."""
    seen = Seen("failed", "", calls=(call(status="failed"),))
    have = happened(seen, STEP, Failing(MODEL, models=("m",)))
    assert have == Happened(Followed.STOPPED, tries=1)
    assert have.sentence == "Tried once, then it stopped, and nobody was told."


def test_what_was_not_called_is_told_with_the_reason(lane: Lane) -> None:
    row = StepRun(name="s", status="skipped", note="A step it needs has failed.")
    for steps, why in (({"s": row}, row.note), ({}, "The run ended before its step.")):
        have = happened(Seen("done", "", steps=steps), STEP, Failing(MODEL))
        assert have.sentence == f"It was not called. {why}"
