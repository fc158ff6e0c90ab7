"""Commands of this deployment that start MCP servers: a client's server names one of them.

They are the setting ``HANDRAIL_MCP_COMMANDS``, so no page and no client decides what is started
here.
"""

import json
import shlex
from dataclasses import dataclass, field

from django.conf import settings

from tenants.errors import Invalid

KEYS = ("command", "env", "memory_mb", "clients")
MEMORY = 1536  # MB of address space, where the setting names none


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """Command line of a server, its environment, and its memory in MB (0: no limit).

    ``clients`` are the short names of the clients it is for; with none it is for all.
    """

    line: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    memory: int = MEMORY
    clients: tuple[str, ...] = ()

    def is_for(self, client: str) -> bool:
        """Return whether a client, by its short name, may have servers of this command."""
        return not self.clients or client in self.clients


def parse_commands(text: str) -> dict[str, ServerCommand]:
    """Return the commands of a setting's JSON by name. Raises ValueError for a wrong one.

    Each is a command line, or an object with ``command``, ``env``, ``memory_mb`` and ``clients``.
    """
    given = json.loads(text or "{}")
    if not isinstance(given, dict):
        raise ValueError("It must be an object: a name and a command line each.")
    return {name: _command(name, value) for name, value in given.items()}


def _command(name: str, value: object) -> ServerCommand:
    found = {"command": value} if isinstance(value, str) else value
    if not isinstance(found, dict) or found.keys() - set(KEYS):
        raise ValueError(f"{name} must be a command line, or {', '.join(KEYS)}.")
    line = tuple(shlex.split(str(found.get("command", ""))))
    environment, memory = found.get("env", {}), found.get("memory_mb", MEMORY)
    clients = found.get("clients", [])
    # An empty list would be for all clients, where somebody may have meant none.
    is_for_some = isinstance(clients, list) and bool(clients) == ("clients" in found)
    if not line or not isinstance(environment, dict) or not isinstance(memory, int):
        raise ValueError(f"{name} must be a command line, or {', '.join(KEYS)}.")
    if not is_for_some or not all(isinstance(one, str) for one in clients):
        raise ValueError(f"clients of {name} must be a list of short names of clients.")
    given = {str(k): str(v) for k, v in environment.items()}
    return ServerCommand(line, given, memory, tuple(clients))


def command_names(client: str) -> list[str]:
    """Return the names of the commands that servers of a client may be started with."""
    found = parse_commands(settings.MCP_COMMANDS)
    return sorted(name for name, command in found.items() if command.is_for(client))


def check_command(name: str, client: str) -> None:
    """Raise Invalid where this deployment has no command of that name for a client."""
    if not server_command(name).is_for(client):
        raise _no_command(name)


def server_command(name: str) -> ServerCommand:
    """Return the command of that name. Raises Invalid where this deployment has none."""
    found = parse_commands(settings.MCP_COMMANDS).get(name)
    if found is None:
        raise _no_command(name)
    return found


def _no_command(name: str) -> Invalid:
    said = f"This deployment has no command called {name[:40]} for this client. "
    return Invalid(f"{said}Ask for it to be added.", code="no_command")
