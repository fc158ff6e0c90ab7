"""Handrail's own processes for tests, on this test process's database and broker."""

import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from portal.servers.process import Child, free_port

PRIVATE_HOSTS = "HANDRAIL_ALLOWED_PRIVATE_HOSTS"
ROOT = Path(__file__).resolve().parent.parent


def wait_until(true: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Poll until ``true``; returns the seconds it took. Fails saying ``what``."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"After {seconds} s still not: {what}")
        time.sleep(0.1)
    return time.monotonic() - began


class Processes:
    """Children that share an environment and a folder for their logs."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "HANDRAIL_SEND_HINTS": "1",
            "HANDRAIL_LEASE_SECONDS": "2",
            "HANDRAIL_POOL": "16",
            **env,
        }
        self.children: list[Child] = []
        self._count = 0

    def worker(self, *, module: str = "celery", threads: int = 8, **env: str) -> Child:
        """A worker; ``module`` may be one that misbehaves first."""
        arguments = ["-A", "portal.celery", "worker", "--pool", "threads", "-c", str(threads)]
        arguments += ["-Q", "work", "--without-gossip", "--without-mingle", "-l", "WARNING"]
        return self.start("worker", ["-m", module, *arguments], env)

    def web(self, *, processes: int = 1) -> str:
        """The web; returns its address once it answers."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        self.env |= {"HANDRAIL_BASE_URL": address}
        arguments = ["--port", str(port), "--processes", str(processes)]
        self.start("web", ["-m", "portal.servers.web", *arguments])
        wait_until(lambda: _answers(f"{address}/accounts/login/"), seconds=40, what="the web is up")
        return address

    def start(self, name: str, arguments: list[str], env: dict[str, str] | None = None) -> Child:
        """Start a Python process."""
        self._count += 1
        log = self.folder / f"{self._count}-{name}.log"
        named = [*settings.ALLOWED_PRIVATE_HOSTS, self.env.get(PRIVATE_HOSTS, "")]
        whole = {**self.env, PRIVATE_HOSTS: ",".join(filter(None, named)), **(env or {})}
        child = Child(name, [sys.executable, *arguments], log=log, cwd=ROOT, env=whole)
        self.children.append(child)
        return child


@contextmanager
def processes(folder: Path, **env: str) -> Iterator[Processes]:
    """Processes that are all ended afterwards; their logs are shown if the test fails."""
    group = Processes(folder, env)
    try:
        yield group
    except BaseException as error:
        for child in group.children:
            ended = "runs" if child.is_alive() else f"ended with {child.process.returncode}"
            print(f"--- {child.log.name}: {ended}\n{child.tail(40)}")
        print(f"--- failed with {error!r}\nowed: {_owed()}")
        raise
    finally:
        for child in reversed(group.children):
            child.stop(8)


def _owed() -> list[dict[str, object]]:
    """What the outbox holds, for the report of a failure."""
    from audit.models import Outbox

    with suppress(DatabaseError):
        columns = ["topic", "due_at", "hint_at", "ready", "lease_until", "fence", "parked_at"]
        return list(Outbox.objects.order_by("due_at").values(*columns)[:20])
    return []


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=3):
        return True
    return False
