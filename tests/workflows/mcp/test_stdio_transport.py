"""Processes of servers: what their environment is made of. What they may do: test_connection.py."""

import pytest

from tenants.errors import Invalid
from workflows.mcp.commands import ServerCommand
from workflows.mcp.stdio_transport import _environment, environment_of


def test_a_secret_goes_into_the_variable_that_is_named() -> None:
    assert environment_of("SHOP_KEY", "open") == {"SHOP_KEY": "open"}
    assert environment_of("", "") == {}
    with pytest.raises(Invalid):
        environment_of("SHOP_KEY", "o\x00pen")


def test_nothing_of_ours_is_in_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """G5"""
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    monkeypatch.setenv("HANDRAIL_SECRET_KEY", "canary")
    made = _environment(ServerCommand(("x",), {"A": "1"}), {"B": "2"}, "/home-of-it")
    assert set(made) == {"PATH", "HOME", "TMPDIR", "LANG", "A", "B"}
    assert "canary" not in str(made)
