"""Child processes that end with their parent, and private files and free ports for them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def dies_with_parent(signal_number: int) -> Callable[[], None] | None:
    """Return a preexec function by which the child gets a signal when its parent dies (Linux)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal_number)

    return ask


def private_file(path: Path) -> Path:
    """Return the path of a file that only its owner may read, created where it is missing."""
    path.touch(mode=0o600)
    path.chmod(0o600)  # the mode of touch() does not apply to an existing file
    return path


def with_bytecode(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of child processes, with Python's bytecode kept in ``folder``.

    That is so where PYTHONDONTWRITEBYTECODE keeps it from standing beside the code, as in many
    images: else each of the processes would compile some 2,000 modules when it starts.
    """
    kept = dict(environment)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    return kept


class Child:
    """One child process in its own session, so that Ctrl-C reaches the parent alone."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        stop_with: int = signal.SIGTERM,
        **more: Any,
    ) -> None:
        self.name = name
        self.stop_with = stop_with
        self.log = log
        with private_file(log).open("ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,  # other users of the machine can't read its files
                preexec_fn=dies_with_parent(stop_with),
                **more,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """Kill the process and wait for its end."""
        if self.is_alive():
            self.process.kill()
        self.process.wait()

    def stop(self, patience: float = 15.0) -> None:
        """Stop the process with its signal; kill it after ``patience`` seconds."""
        if self.is_alive():
            self.process.send_signal(self.stop_with)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the process's log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def is_running(pid: int) -> bool:
    """Return whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
