"""The outside world of a story: shop, mailbox and model, each a process of its own."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.servers.process import Child, free_port
from tests.fakes.doors import allow
from tests.fakes.model import MODEL
from tests.processes import Processes, wait_until


@dataclass(slots=True)
class Fake:
    """One fake in its process, with the file it writes what it got to."""

    port: int
    log: Path
    child: Child

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def got(self) -> list[dict[str, Any]]:
        """What it got, oldest first."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def start(run: Processes, name: str, *arguments: str) -> Fake:
    """Start ``tests.fakes.<name>`` and wait until it listens."""
    port, log = free_port(), run.folder / f"{name}.jsonl"
    command = ["-m", f"tests.fakes.{name}", "--port", str(port), "--log", str(log), *arguments]
    fake = Fake(port, log, run.start(name, command))
    wait_until(lambda: _listens(port), seconds=20, what=f"the {name} listens")
    return fake


def model_environment(model: Fake) -> dict[str, str]:
    """For workers: the model to use is the fake's, which they may call."""
    allow(model.host)
    return {
        "HANDRAIL_MODEL": MODEL,
        "OPENAI_API_BASE": f"http://{model.host}/v1",
        "OPENAI_BASE_URL": f"http://{model.host}/v1",
        "OPENAI_API_KEY": "sk-scripted",
    }


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
