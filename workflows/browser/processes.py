"""Processes of one browser: which there are, the memory they hold, and their end.

A browser starts its processes in groups of their own, so they are found by their parents. Where
``/proc`` is missing only the group of the first one is known, and no memory is counted.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, itself first."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name in brackets may hold anything; the parent is the second word after it.
            parent = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return found


def private_memory(pids: list[int]) -> int:
    """Return the bytes of memory that these processes hold for themselves."""
    return sum(_private_kilobytes(pid) for pid in pids) * 1024


def _private_kilobytes(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in (PROC / str(pid) / "status").read_text(errors="replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def kill_all(pid: int) -> None:
    """Kill a process, its group and all that it started. It has not been waited for."""
    for one in descendants(pid):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
