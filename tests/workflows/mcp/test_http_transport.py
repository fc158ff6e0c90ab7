"""Requests of the SDK leave through the one checked door, which says of a call when it is sent."""

import httpx2
import pytest

from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, Reply, tool
from tests.workflows.mcp.mcp_kit import alone
from workflows.mcp.http_transport import CheckedTransport
from workflows.mcp.wire import Wire
from workflows.tools import ToolFailed


async def post(url: str, wire: Wire, method: str = "tools/call") -> httpx2.Response:
    async with httpx2.AsyncClient(transport=CheckedTransport(wire, 5)) as client:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"name": "look"}}
        return await client.post(url, json=body)


def test_only_a_call_counts_as_sent() -> None:
    with McpFake() as server:
        allow(server.host)
        server.tools["look"] = tool("look")
        wire = Wire()
        assert alone(post(server.url, wire, "tools/list")).status_code == 200
        assert not wire.sent
        assert wire.read > 100
        alone(post(server.url, wire))
        assert wire.sent


def test_a_refusal_is_noted_and_leads_nowhere() -> None:
    with McpFake() as server:
        allow(server.host)
        server.bend["tools/call"] = lambda m, r: Reply(302, b"moved", {"Location": "/other"})
        wire = Wire()
        answer = alone(post(server.url, wire))
        assert "location" not in answer.headers
        assert wire.refusal is not None
        assert (wire.refusal.status, wire.refusal.leads_to) == (302, "/other")
        assert wire.refusal.body == b"moved"


def test_an_address_inside_is_refused_before_anything_is_sent() -> None:
    """G3"""
    with McpFake() as server:
        wire = Wire()
        with pytest.raises(ToolFailed, match="leads to an address inside"):
            alone(post(server.url, wire))
        assert not wire.sent
        assert server.asked == []
        assert wire.failure is not None
