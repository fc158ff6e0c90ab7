"""Servers of a client: added with everything off, and another server once they move."""

import pytest

from approvals.models import Tool
from audit import outbox
from tenants.errors import Conflict, Forbidden, Invalid
from tests.fakes.mcp import McpFake
from tests.lanes import Lane
from tests.workflows.mcp.mcp_kit import turn_on
from workflows.mcp.servers import add_server, change_server, offer_seen, request_look
from workflows.models import McpServer


def test_a_server_is_added_and_looked_at_and_all_of_it_is_off(
    lane: Lane, server: McpServer
) -> None:
    assert [tool.name for tool in offer_seen(server).tools] == ["look", "refund"]
    assert (server.problem, server.look_asked_at) == ("", None)
    assert server.looked_at == server.worked_at
    assert not Tool.objects.filter(adapter="mcp").exists()
    assert "server.added" in lane.verbs()


def test_a_place_that_can_not_be_called_is_refused(lane: Lane) -> None:
    staff = lane.world.staff(lane.client)
    for address, said in (
        ("https://else.example/mcp", "not among this client's allowed hosts"),
        ("ftp://x", "Write the whole address"),
    ):
        with pytest.raises(Invalid, match=said):
            add_server(name="x", address=address, actor=staff)
    with pytest.raises(Invalid, match="no command called sh"):
        add_server(name="x", command="sh", actor=staff)
    with pytest.raises(Invalid, match="small letters"):
        add_server(name="X-1", command="sh", actor=staff)


def test_a_name_is_taken_once_and_only_those_who_configure_may(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    with pytest.raises(Conflict):
        add_server(name="desk", address=fake.url, actor=lane.world.staff(lane.client))
    viewer = lane.client.actor(lane.client.viewer)
    for act in (
        lambda: add_server(name="x", address=fake.url, actor=viewer),
        lambda: change_server(server, title="x", actor=viewer),
        lambda: request_look(server, actor=viewer),
    ):
        with pytest.raises(Forbidden):
            act()


def test_at_another_place_it_is_another_server(
    lane: Lane, server: McpServer, fake: McpFake
) -> None:
    staff = lane.world.staff(lane.client)
    tool = turn_on(server, "look", actor=staff)["look"]
    change_server(server, title="Shop", actor=staff)
    tool.refresh_from_db()
    assert tool.enabled
    change_server(server, address=f"{fake.url}?v=2", actor=staff)
    tool.refresh_from_db()
    assert (tool.enabled, tool.version) == (False, 2)
    outbox.drain()
    assert offer_seen(McpServer.objects.get()).place.endswith("?v=2")
