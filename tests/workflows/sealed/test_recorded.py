"""The world of a sealed run: the journal of the newest run that fits, else samples."""

import json

from approvals.models import Tool
from tests.lanes import Lane
from tests.world import REQUEST
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.models import Call, Run, StepRun, Version
from workflows.sealed.recorded import (
    RecordedWorld,
    former_run,
    recorded_world,
    sample_request,
    tool_sample,
)


def version_of(lane: Lane) -> Version:
    assert lane.workflow.live is not None
    return lane.workflow.live


def finished(lane: Lane) -> Run:
    lane.start()
    lane.decide()
    return lane.run()


def test_without_a_finished_run_there_is_no_journal(lane: Lane) -> None:
    lane.start()
    assert former_run(version_of(lane)) is None


def test_the_newest_run_that_made_the_call_comes_first(lane: Lane) -> None:
    acted = finished(lane)
    lane.start(message="Hello")
    lane.decide("reject", reason="wrong_facts")
    newest = lane.run()
    assert newest.status == "done"
    assert former_run(version_of(lane)) == newest
    assert former_run(version_of(lane), step="refund", tool="shop.refund") == acted


def test_each_call_is_answered_as_it_was(lane: Lane) -> None:
    run = finished(lane)
    world, given = recorded_world(version_of(lane), run)
    assert given == run.input
    for call in Call.objects.filter(run=run).select_related("step"):
        tool = Tool.objects.filter(name=call.name).first()
        answer = world.answer(SealedQuestion(call, tool))
        assert (answer.response, answer.cost_micros, answer.problem) == (call.response, 0, "")


def test_a_request_has_what_is_read_and_the_key_of_a_record(lane: Lane) -> None:
    given = sample_request(version_of(lane))
    assert given.keys() == REQUEST.keys()
    assert given["order_id"] == "10412"
    assert "@" in given["from"]


def test_a_model_is_sampled_by_its_schema(lane: Lane) -> None:
    step = StepRun(name="reply", kind="generate")
    call = Call(step=step, kind="model", name="m", request={"messages": [], "schema": SCHEMA})
    answer = RecordedWorld().answer(SealedQuestion(call))
    assert answer.response is not None
    assert json.loads(answer.response["text"]) == {"text": "Sample"}


SCHEMA = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


def test_an_agent_calls_each_of_its_tools_once_and_then_ends(lane: Lane) -> None:
    step = StepRun(name="work.1", kind="turn")
    tool = {"name": "shop.order", "parameters": SCHEMA}
    request = {"messages": [{"role": "user"}], "tools": [tool, tool | {"name": "workflow.other"}]}
    world = RecordedWorld(tools=frozenset({"shop.order"}))
    first = world.answer(SealedQuestion(Call(step=step, kind="model", request=request))).response
    assert first is not None
    assert [(one["name"], one["arguments"]) for one in first["tool_calls"]] == [
        ("shop.order", {"text": "Sample"})
    ]
    request["messages"].append({"role": "tool"})
    then = world.answer(SealedQuestion(Call(step=step, kind="model", request=request))).response
    assert then == {"text": "Sample text.", "model": ""}


def test_a_tool_is_sampled_by_what_its_server_declares(lane: Lane) -> None:
    assert tool_sample(Tool(settings={})) == {}
    offered = {"output_schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    assert tool_sample(Tool(settings={"offered": offered})) == {"n": 1}


def test_events_come_from_the_journal(lane: Lane) -> None:
    world = RecordedWorld(events={"told": {"parcel": 1}})
    assert world.event(StepRun(name="told")) == {"parcel": 1}
    assert world.event(StepRun(name="other")) == {}
