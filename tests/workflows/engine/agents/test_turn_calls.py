"""Calls of a turn: read at once, refused and told, or proposed."""

from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import (
    calling,
    find,
    says,
    told,
)


def test_parallel_reads_are_all_made_and_told_in_their_order(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(find("A-1"), find("A-2"), find("A-3")), "Three orders.")
    agent_lane.start()
    assert len(agent_lane.shop.requests) == 3
    assert [call.request["args"]["order"] for call in agent_lane.calls("tool")] == [
        "A-1",
        "A-2",
        "A-3",
    ]
    assert len(told(model)) == 3


def test_odd_calls_are_refused_told_and_recorded(agent_lane: Lane, model: ModelServer) -> None:
    odd = (
        Called("shop.close", {}),
        Called("orders.find", {"order": "A-17", "also": "all"}),
        Called("orders.find", {"order": 17}),
        Called("orders.find", '{"order": "A-'),
    )
    says(model, calling(*odd), "Sorry.")
    agent_lane.start()
    assert not agent_lane.shop.requests
    said = told(model)
    assert all(one.startswith("Refused. ") for one in said)
    assert "There is no tool called shop.close" in said[0]
    assert "also" in said[1]
    assert "order" in said[2]
    assert "no JSON object" in said[3]
    assert agent_lane.verbs().count("step.refused") == 4
    assert agent_lane.item().draft["text"] == "Sorry."


def test_the_same_call_is_refused_after_its_cap(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(find()), calling(find()), calling(find()), "Enough.")
    agent_lane.start()
    assert len(agent_lane.shop.requests) == 2
    assert "asked for 2 times already" in told(model)[2]


def test_only_the_steps_tools_are_offered_with_their_closed_schemas(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, "Nothing to do.")
    agent_lane.start()
    tools = model.requests[0]["tools"]
    assert [one["function"]["name"] for one in tools] == ["orders_find", "shop_refund", "mail_send"]
    assert all(one["function"]["parameters"]["additionalProperties"] is False for one in tools)
    assert "only reads" in tools[0]["function"]["description"]
    assert "not done before they agree" in tools[1]["function"]["description"]
    assert "response_format" not in model.requests[0]
