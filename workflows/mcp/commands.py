"""Commands of this deployment that start MCP servers: a client's server names one of them.

They are the setting ``HANDRAIL_MCP_COMMANDS``, so no page and no client decides what is started
here.
"""

import json
import shlex
from dataclasses import dataclass, field

from django.conf import settings

from tenants.errors import Invalid

MEMORY = 1536  # MB of address space, where the setting names none


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """Command line of a server, its environment, and its memory in MB (0: no limit)."""

    line: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    memory: int = MEMORY


def parse_commands(text: str) -> dict[str, ServerCommand]:
    """Return the commands of a setting's JSON by name. Raises ValueError for a wrong one.

    Each is a command line, or an object with ``command``, ``env`` and ``memory_mb``.
    """
    given = json.loads(text or "{}")
    if not isinstance(given, dict):
        raise ValueError("It must be an object: a name and a command line each.")
    return {name: _command(name, value) for name, value in given.items()}


def _command(name: str, value: object) -> ServerCommand:
    found = {"command": value} if isinstance(value, str) else value
    if not isinstance(found, dict) or found.keys() - {"command", "env", "memory_mb"}:
        raise ValueError(f"{name} must be a command line, or command, env and memory_mb.")
    line = tuple(shlex.split(str(found.get("command", ""))))
    environment, memory = found.get("env", {}), found.get("memory_mb", MEMORY)
    if not line or not isinstance(environment, dict) or not isinstance(memory, int):
        raise ValueError(f"{name} must be a command line, or command, env and memory_mb.")
    return ServerCommand(line, {str(k): str(v) for k, v in environment.items()}, memory)


def command_names() -> list[str]:
    """Return the names of the commands that servers may be started with."""
    return sorted(parse_commands(settings.MCP_COMMANDS))


def server_command(name: str) -> ServerCommand:
    """Return the command of that name. Raises Invalid where this deployment has none."""
    found = parse_commands(settings.MCP_COMMANDS).get(name)
    if found is None:
        said = f"This deployment has no command called {name[:40]}. Ask for it to be added."
        raise Invalid(said, code="no_command")
    return found
