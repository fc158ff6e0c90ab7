"""MCP servers of the sample clients: each speaks as a worker needs it, whatever it is sent."""

import json
import shlex
import subprocess
from typing import Any

import pytest

from portal.demo import commands
from portal.demo.sample import sample_slugs

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t"}}


def lines_of(slug: str, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What a sample server answers to these messages, in its own process."""
    line = shlex.split(json.loads(commands.sample_commands(""))[slug]["command"])
    given = "".join(json.dumps({"jsonrpc": "2.0"} | one) + "\n" for one in asked)
    done = subprocess.run(line, input=given, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_command_is_for_its_client_alone_and_others_stay() -> None:
    made = json.loads(commands.sample_commands('{"clock": "mcp-server-time"}'))
    assert made.pop("clock") == "mcp-server-time"
    assert {name: one["clients"] for name, one in made.items()} == {
        slug: [slug] for slug in sample_slugs()
    }


@pytest.mark.parametrize("slug", sample_slugs())
def test_a_server_offers_a_tool_and_answers_its_call(slug: str) -> None:
    hello, offered = lines_of(
        slug,
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    )
    assert hello["result"]["protocolVersion"] == "2025-11-25"
    tool = offered["result"]["tools"][0]
    (argument,) = tool["inputSchema"]["required"]
    asked = {"name": tool["name"], "arguments": {argument: "a number nobody has"}}
    (answer,) = lines_of(slug, {"id": 3, "method": "tools/call", "params": asked})
    found = answer["result"]["structuredContent"]
    assert set(tool["outputSchema"]["required"]) <= set(found)
    assert set(found) <= set(tool["outputSchema"]["properties"])
    assert json.loads(answer["result"]["content"][0]["text"]) == found


def test_a_wrong_message_gets_an_error_and_the_next_an_answer() -> None:
    answers = lines_of(
        "harbor-pine",
        {"id": 1, "method": "server/discover"},
        {"id": 2, "method": "tools/call", "params": {"name": "refund"}},
        {"id": 3, "method": "ping"},
    )
    assert [one.get("error", {}).get("code") for one in answers] == [-32601, -32602, None]
