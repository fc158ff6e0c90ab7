"""A benchmark's own servers: durable Postgres, broker, the world outside, Handrail itself."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from portal.servers import roles
from portal.servers.broker import Broker
from portal.servers.postgres import Postgres
from portal.servers.process import Child, free_port
from tests.processes import PRIVATE_HOSTS, ROOT, Processes

SECRET_KEY = "only-for-benchmarks-and-never-anywhere-else-0123456789"
OURS = ("DATABASE_APP_URL", "DATABASE_PROVIDER_URL", "HANDRAIL_BASE_URL", "HANDRAIL_MODEL")


def until(true: Callable[[], bool], *, seconds: float, what: str, every: float = 0.01) -> None:
    """Poll until ``true``. Fails saying ``what`` after ``seconds``."""
    stop = time.monotonic() + seconds
    while not true():
        if time.monotonic() > stop:
            raise AssertionError(f"After {seconds} s still not: {what}")
        time.sleep(every)


@dataclass(slots=True)
class House:
    """Everything one benchmark runs on. ``su`` is a superuser's connection, past every wall."""

    folder: Path
    postgres: Postgres
    broker: Broker
    outside: Child
    port: int
    su: psycopg.Connection[Any]
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.folder, {"HANDRAIL_LEASE_SECONDS": "6", **self.env})

    @property
    def env(self) -> dict[str, str]:
        """What a process needs to find the model, and to be let call it and the shop."""
        base = f"http://127.0.0.1:{self.port}/v1"
        found = {"OPENAI_API_BASE": base, "OPENAI_BASE_URL": base, "OPENAI_API_KEY": "sk-none"}
        return {**found, PRIVATE_HOSTS: self.shop}

    @property
    def shop(self) -> str:
        """Host and port where effects arrive."""
        return f"127.0.0.1:{self.port}"

    def seen(self, *, reset: bool = False) -> dict[str, Any]:
        """What the world outside saw: model calls, effects by key, most calls at once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/reset" if reset else "/seen")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def number(self, sql: str, *values: Any) -> int:
        """The one number a query gives."""
        row = self.su.execute(sql, values).fetchone()
        assert row is not None
        return int(row[0] or 0)

    def settle_down(self) -> None:
        """What autovacuum does within a minute: statements are planned for tables as they are."""
        self.su.execute("ANALYZE")

    def start_workers(self, count: int, threads: int) -> list[Child]:
        """Worker processes, as ``manage.py up`` starts them."""
        return [self.processes.worker(threads=threads) for _ in range(count)]

    def stop(self, children: list[Child]) -> None:
        """End processes this house started."""
        for child in children:
            child.stop(10)
            self.processes.children.remove(child)


@contextmanager
def open_house(*, delay: float = 0) -> Iterator[House]:
    """Start the servers, migrate, set Django up in this process; end all of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    folder.chmod(0o755)
    postgres, broker = Postgres(folder), Broker(folder, keep=False)
    port = free_port()
    house: House | None = None
    outside: Child | None = None
    try:
        postgres.start()
        broker.start()
        command = ["-m", "tests.benchmarks.outside", "--port", str(port), "--delay", str(delay)]
        outside = Child("outside", [sys.executable, *command], log=folder / "outside.log", cwd=ROOT)
        _prepare(postgres, broker)
        su = psycopg.connect(postgres.url("handrail"), autocommit=True)
        house = House(folder, postgres, broker, outside, port, su)
        until(lambda: _answers(house), seconds=10, what="the world outside answers")
        os.environ.update(house.env)
        yield house
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(
                f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            )
        raise
    finally:
        _close(house, outside)
        broker.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(postgres: Postgres, broker: Broker) -> None:
    """Roles, database, migrations; this process and its children know where all of it is."""
    for name in OURS:
        os.environ.pop(name, None)  # a developer's own must not be measured
    roles.set_up(postgres.url(), "handrail", SECRET_KEY)
    password = roles.role_password(roles.OWNER, SECRET_KEY)
    os.environ |= {
        "HANDRAIL_SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": postgres.url("handrail", roles.OWNER, password),
        "BROKER_URL": broker.url,
        "HANDRAIL_SEND_HINTS": "1",
        "HANDRAIL_LOG": "WARNING",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    migrate = ["manage.py", "migrate", "--database", "owner", "-v0", "--skip-checks"]
    subprocess.run([sys.executable, *migrate], cwd=ROOT, check=True)
    import django

    django.setup()


def _answers(house: House | None) -> bool:
    assert house is not None
    try:
        return bool(house.seen() is not None)
    except OSError:
        return False


def _close(house: House | None, outside: Child | None) -> None:
    if house is not None:
        for child in reversed(house.processes.children):
            child.stop(8)
        house.su.close()
        from django.db import connections

        for alias in connections:
            connections[alias].close()
            if hasattr(connections[alias], "close_pool"):
                connections[alias].close_pool()
    if outside is not None:
        outside.stop(5)
