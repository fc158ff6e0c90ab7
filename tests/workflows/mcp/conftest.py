"""Fixtures of the tests of MCP servers."""

from collections.abc import Iterator

import pytest

from audit import outbox
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.lanes import Lane
from workflows.mcp.servers import add_server
from workflows.models import McpServer


@pytest.fixture
def fake() -> Iterator[McpFake]:
    """A server that offers to look an order up, and to refund it."""
    with McpFake() as opened:
        allow(opened.host)
        opened.tools = {"look": tool("look"), "refund": tool("refund")}
        yield opened


@pytest.fixture
def server(lane: Lane, fake: McpFake) -> McpServer:
    """Harbor's server, which a worker has looked at. None of its tools is on."""
    staff = lane.world.staff(lane.client)
    hosts = [*lane.tenant().allowed_hosts, fake.host]
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
    made = add_server(name="desk", title="The shop", address=fake.url, actor=staff)
    outbox.drain()
    return McpServer.objects.get(pk=made.pk)
