"""Answers of an agent that come while all is stopped: nothing follows yet, and none is lost."""

from typing import Any

import pytest

from audit import outbox
from audit.models import Outbox
from tenants.services import tenants
from tests.fakes.model import ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, find, parts, refund, says
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers.call_settled import store_answer
from workflows.models import Call


def stop_and_answer(lane: Lane, *calls: Any, text: str = "") -> None:
    """Stop everything, then store the answer of the turn that was asked before."""
    tenants.stop_everything(actor=lane.client.actor(), reason="Wait.")
    call = Call.objects.select_related("step").get(kind="model", status="intended")
    Outbox.objects.filter(object_id=call.pk).delete()
    asked = [
        {"id": f"c{number}", "name": one.name, "arguments": one.arguments, "problem": ""}
        for number, one in enumerate(calls)
    ]
    response = {"text": text, "model": call.name} | ({"tool_calls": asked} if asked else {})
    assert store_answer(call, Answer(response, 5)) is None
    outbox.drain()


def release(lane: Lane) -> None:
    tenants.resume_everything(actor=lane.client.actor())
    lane.pass_time(minutes=1)


@pytest.mark.parametrize("more", ["", "      after_proposal: continue"])
def test_its_calls_are_taken_once_that_is_released(
    agent_lane: Lane, model: ModelServer, more: str
) -> None:
    agent_lane.use(agent_text(more, slug="stops"))
    says(model, Reply(503, "later"), "Done.")
    agent_lane.start()
    stop_and_answer(agent_lane, find(), refund(), text="We refund Mia.")
    assert parts(agent_lane) == [("work.1", "turn", "done")]
    assert not agent_lane.shop.requests
    release(agent_lane)
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
    assert agent_lane.statuses() == {"work.3": "proposed"}
    assert agent_lane.item().kind == "proposal"


def test_its_last_text_goes_to_people_with_its_proposals_once_that_is_released(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text("      after_proposal: continue", slug="stops"))
    says(model, calling(refund()), Reply(503, "later"))
    agent_lane.start()
    stop_and_answer(agent_lane, text="We refund Mia.")
    assert not agent_lane.statuses()
    release(agent_lane)
    assert agent_lane.statuses() == {"work.2": "proposed"}
    assert agent_lane.item().draft["text"] == "We refund Mia."
