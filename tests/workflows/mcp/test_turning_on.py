"""Tools are turned on by people, as they saw them; what is new or changed is told apart."""

import pytest

from approvals.models import Tool
from audit import outbox
from tenants.errors import Conflict, Invalid
from tests.fakes.mcp import McpFake, tool
from tests.lanes import Lane
from tests.workflows.mcp.mcp_kit import turn_on
from workflows.mcp.servers import offer_seen, request_look
from workflows.mcp.turning_on import (
    OfferDeclaration,
    compare_offer,
    suggested_tool_name,
    turn_on_tools,
)
from workflows.models import McpServer


def states(lane: Lane, server: McpServer) -> dict[str, str]:
    """How each offered tool stands after another look."""
    request_look(server, actor=lane.world.staff(lane.client))
    outbox.drain()
    found = compare_offer(McpServer.objects.get(pk=server.pk))
    return {line.offered.name: line.state for line in found.lines}


def test_what_is_new_renamed_or_changed_is_off_and_said_so(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    """G6"""
    staff = lane.world.staff(lane.client)
    assert states(lane, server) == {"look": "off", "refund": "off"}
    turn_on(server, "look", "refund", actor=staff)
    assert states(lane, server) == {"look": "on", "refund": "on"}
    fake.tools = {
        "look": tool("look", description="Looks twice."),
        "pay": tool("refund") | {"name": "pay"},
        "new": tool("new"),
    }
    assert states(lane, server) == {"look": "changed", "pay": "renamed", "new": "new"}
    found = compare_offer(McpServer.objects.get())
    (change,) = found.lines[0].changes
    assert (change.before, change.after) == ("Does look.", "Looks twice.")
    assert found.lines[1].renamed == "refund"
    assert [one.name for one in found.gone] == ["desk.refund"]
    turn_on(server, "look", actor=staff)
    assert states(lane, server) == {"look": "on", "pay": "renamed", "new": "off"}
    again = Tool.objects.get(name="desk.look")
    assert (again.enabled, again.version) == (True, 3)


def test_a_tool_is_as_the_person_declared_it_and_as_the_server_offers_it(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    fake.tools["look"]["annotations"] = {"readOnlyHint": True}
    states(lane, server)
    made = turn_on(server, "look", actor=lane.world.staff(lane.client), effect="write")["look"]
    assert (made.adapter, made.effect, made.kind) == ("mcp", "write", "edit")
    assert made.args_schema["additionalProperties"] is False
    assert made.settings["offered"]["annotations"] == {"readOnlyHint": True}
    assert not made.takes_key


def test_what_changed_after_the_person_saw_it_is_not_turned_on(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    offered, seen = offer_seen(server).tools[0], server.seen_pin
    fake.tools["look"]["description"] = "Another."
    states(lane, server)
    declared = [OfferDeclaration(offered, "desk.look", "Look", "read")]
    staff = lane.world.staff(lane.client)
    with pytest.raises(Conflict, match="changed while you looked"):
        turn_on_tools(server, declared, seen, actor=staff)
    assert not Tool.objects.filter(adapter="mcp").exists()


def test_one_undoes_the_other_and_names_are_kept_apart(lane: Lane, server: McpServer) -> None:
    staff = lane.world.staff(lane.client)
    look, refund = offer_seen(server).tools
    undo = {"undo": "look", "undo_args": {"order": "args.order"}}
    declared = [
        OfferDeclaration(refund, "desk.refund", "Refund", "write", "refund", **undo),
        OfferDeclaration(look, "desk.back", "Back", "write", "edit"),
    ]
    saved = turn_on_tools(server, declared, server.seen_pin, actor=staff)
    assert saved[0].undo_tool == "desk.back"
    twice = [OfferDeclaration(one, "desk.x", "X", "read") for one in (look, refund)]
    with pytest.raises(Conflict, match=r"Two tools would be called desk\.x"):
        turn_on_tools(server, twice, server.seen_pin, actor=staff)
    other = [OfferDeclaration(look, "desk.other", "X", "read")]
    with pytest.raises(Conflict, match=r"look is called desk\.back here"):
        turn_on_tools(server, other, server.seen_pin, actor=staff)


def test_a_schema_that_can_not_be_used_is_refused(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    """G9: nothing is fetched for it."""
    fake.tools["look"]["inputSchema"] = {
        "type": "object",
        "properties": {"a": {"$ref": "https://evil.example/schema.json"}},
    }
    states(lane, server)
    with pytest.raises(Invalid, match="schema"):
        turn_on(server, "look", actor=lane.world.staff(lane.client))


def test_a_schema_of_answers_that_can_not_be_used_is_refused(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    """Else each of its calls would fail, and no one would know whether it was done."""
    fake.tools["look"]["outputSchema"] = {
        "type": "object",
        "properties": {"a": {"$ref": "https://evil.example/schema.json"}},
    }
    states(lane, server)
    with pytest.raises(Invalid, match="look: the schema of its answer can't be used"):
        turn_on(server, "look", actor=lane.world.staff(lane.client))


def test_schemas_of_an_older_draft_are_taken(lane: Lane, server: McpServer, fake: McpFake) -> None:
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}
    pair = {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}
    fake.tools["look"]["inputSchema"] = {**old, "properties": {"pair": pair}}
    fake.tools["look"]["outputSchema"] = {**old, "properties": {"pair": pair}}
    states(lane, server)
    turn_on(server, "look", actor=lane.world.staff(lane.client))
    made = Tool.objects.get(adapter="mcp")
    assert made.args_schema["properties"]["pair"] == {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
    }


def test_names_are_suggested(server: McpServer) -> None:
    offered = offer_seen(server).tools[0]
    assert suggested_tool_name("desk", offered) == "desk.look"
