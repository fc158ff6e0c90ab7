"""Commands that start the MCP servers of the sample clients. Without Django: ``demo`` reads it."""

import json
import shlex
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
SETTING = "HANDRAIL_MCP_COMMANDS"


def sample_commands(given: str) -> str:
    """Return the value of SETTING with a command added for each sample client and called as it."""
    commands = json.loads(given or "{}")
    for sample in sorted(FOLDER.glob("clients/*/server.json")):
        line = [sys.executable, "-I", str(FOLDER / "mcp_server.py"), str(sample)]
        slug = sample.parent.name
        commands[slug] = {"command": shlex.join(line), "clients": [slug]}
    return json.dumps(commands)
