"""The commands of a deployment: read from one setting, refused where they are not understood."""

import pytest

from workflows.mcp.commands import MEMORY, ServerCommand, command_names, parse_commands


def test_a_command_is_a_line_or_an_object() -> None:
    text = '{"a": "x --at \'b c\'", "n": {"command": "npx s", "env": {"K": "1"}, "memory_mb": 0}}'
    assert parse_commands(text) == {
        "a": ServerCommand(("x", "--at", "b c"), {}, MEMORY),
        "n": ServerCommand(("npx", "s"), {"K": "1"}, 0),
    }
    assert parse_commands("") == {}


@pytest.mark.parametrize("text", ["[]", "{", '{"a": ""}', '{"a": 1}', '{"a": {"cmd": "x"}}'])
def test_one_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_commands(text)


def test_the_names_are_those_of_the_setting(settings: pytest.FixtureRequest) -> None:
    settings.MCP_COMMANDS = '{"b": "x", "a": "x"}'  # type: ignore[attr-defined]
    assert command_names() == ["a", "b"]
