"""The commands of a deployment: read from one setting, refused where they are not understood."""

import json
from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.mcp.commands import (
    MEMORY,
    ServerCommand,
    check_command,
    command_names,
    parse_commands,
)


def test_a_command_is_a_line_or_an_object() -> None:
    text = '{"a": "x --at \'b c\'", "n": {"command": "npx s", "env": {"K": "1"}, "memory_mb": 0}}'
    assert parse_commands(text) == {
        "a": ServerCommand(("x", "--at", "b c"), {}, MEMORY),
        "n": ServerCommand(("npx", "s"), {"K": "1"}, 0),
    }
    assert parse_commands("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a": ""}',
        '{"a": 1}',
        '{"a": {"cmd": "x"}}',
        '{"a": {"command": "x", "clients": []}}',
        '{"a": {"command": "x", "clients": "harbor-pine"}}',
        '{"a": {"command": "x", "clients": [1]}}',
    ],
)
def test_one_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_commands(text)


def test_a_command_for_some_clients_is_for_no_other(settings: Any) -> None:
    files = {"command": "x", "clients": ["harbor-pine"]}
    settings.MCP_COMMANDS = json.dumps({"files": files, "clock": "x"})
    assert command_names("harbor-pine") == ["clock", "files"]
    assert command_names("fernside") == ["clock"]
    check_command("files", "harbor-pine")
    check_command("clock", "fernside")
    for name in ("files", "other"):
        with pytest.raises(Invalid, match=f"no command called {name} for this client"):
            check_command(name, "fernside")
