"""What a fake saw, in memory and, if asked, as JSON lines in a file."""

import argparse
import json
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any


class Log:
    """A list that several threads append to; ``path`` gets each entry as a line."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Any] = []
        self._path = path
        self._lock = threading.Lock()

    def add(self, entry: Any) -> None:
        with self._lock:
            self.entries.append(entry)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def read_log(path: Path) -> list[Any]:
    """The entries another process has written so far."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]  # the last may be half-written


def arguments() -> argparse.ArgumentParser:
    """What every fake takes when it runs as a process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, default=None)
    return parser


def run_until_stopped(make: Callable[[], AbstractContextManager[Any]]) -> None:
    """Serve until SIGTERM or SIGINT; the first line of output is the port."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with make() as server:
        print(server.port, flush=True)
        stop.wait()
