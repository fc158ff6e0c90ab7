"""pytest plugin, loaded before Django: starts Postgres and a broker for the whole session.

The first process starts the servers and migrates a template database; every xdist
worker copies it. With TEST_SUPERUSER_URL and TEST_BROKER_URL set those servers are
used instead.

With HANDRAIL_TESTS_PURE=1 nothing is started, and only tests without a database are run. Mutation
testing uses it, which runs the tests of a module some thousand times.
"""

import functools
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
import pytest

from audit.event_time import let_move
from portal.servers import roles
from portal.servers.broker import Broker
from portal.servers.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
RUN = (
    os.environ.get("HANDRAIL_TEST_RUN", str(os.getpid())) if WORKER != "main" else str(os.getpid())
)
TEMPLATE = f"handrail_test_{RUN}"
PURE = os.environ.get("HANDRAIL_TESTS_PURE") == "1"
SECRET_KEY = "only-for-tests-and-never-anywhere-else-0123456789abcdef"

_running: list = []


def database() -> str:
    """The name of this process's database."""
    return f"{TEMPLATE}_{WORKER}"


def super_url(name: str) -> str:
    """A superuser's URL of a database on the test server."""
    base, _, _ = os.environ["TEST_SUPERUSER_URL"].rpartition("/")
    return f"{base}/{name}"


def _owner_url(name: str) -> str:
    parts = urlsplit(os.environ["TEST_SUPERUSER_URL"])
    password = roles.role_password(roles.OWNER, SECRET_KEY)
    return f"postgresql://{roles.OWNER}:{password}@{parts.hostname}:{parts.port}/{name}"


def _start() -> None:
    os.environ["HANDRAIL_TEST_RUN"] = str(os.getpid())
    os.environ["HANDRAIL_SECRET_KEY"] = SECRET_KEY
    os.environ.setdefault("HANDRAIL_CHROMIUM_AS_ROOT", "on")  # only where tests run as root
    if "TEST_SUPERUSER_URL" not in os.environ:
        _start_servers()
    roles.set_up(super_url("postgres"), TEMPLATE, SECRET_KEY)
    os.environ["DATABASE_URL"] = _owner_url(TEMPLATE)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--database", "owner", "-v0", "--skip-checks"],
        cwd=ROOT,
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
    )


def _start_servers() -> None:
    folder = Path(tempfile.mkdtemp(prefix="handrail-tests-"))
    folder.chmod(0o755)
    postgres = Postgres(folder, durable=False)
    postgres.start()
    broker = Broker(folder, keep=False)
    broker.start()
    _running.extend([postgres, broker, folder])
    os.environ["TEST_SUPERUSER_URL"] = postgres.url()
    os.environ["TEST_BROKER_URL"] = broker.url


def _own_database() -> None:
    """This process's copy of the migrated template."""
    roles.make_database(super_url("postgres"), database(), roles.OWNER, TEMPLATE)
    with psycopg.connect(super_url(database()), autocommit=True) as connection:
        let_move(connection, True)  # tests move the clock
    os.environ["DATABASE_URL"] = _owner_url(database())
    base, _, _ = os.environ["TEST_BROKER_URL"].rpartition("/")
    number = int(WORKER.removeprefix("gw")) + 1 if WORKER.startswith("gw") else 0
    os.environ["BROKER_URL"] = f"{base}/{number}"


# A run starts some hundred processes; each would compile 2,000 modules that nobody keeps.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
for _name in ("DATABASE_APP_URL", "DATABASE_PROVIDER_URL", "HANDRAIL_BASE_URL", "HANDRAIL_MODEL"):
    os.environ.pop(_name, None)  # a developer's own must not reach the tests
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
os.environ.setdefault("HANDRAIL_SEND_HINTS", "0")
os.environ.setdefault("HANDRAIL_LOG", "WARNING")
if PURE:
    os.environ |= {"HANDRAIL_SECRET_KEY": SECRET_KEY, "BROKER_URL": "redis://127.0.0.1:1/0"}
    os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
else:
    if WORKER == "main":
        _start()
    _own_database()
# Here and not in pytest-django, which would read the settings before the servers are up.
django.setup()
# An xdist worker that inherited this would have its settings read before it has its database.
del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Keep the workers from reading the settings before they have their own database."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_sessionstart() -> None:
    """Without servers, begin each session with empty caches.

    Mutation testing forks a process that has run the tests before, whose cached results would hide
    what a changed function returns.
    """
    for one in gc.get_objects() if PURE else ():
        if isinstance(one, functools._lru_cache_wrapper) and one.__module__.startswith(
            "approvals."
        ):
            one.cache_clear()


def _needs_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return (
        bool({"db", "committed", "django_db_setup"} & set(fixtures))
        or item.get_closest_marker("django_db") is not None
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without servers, leave out the tests that need the database."""
    needs = [item for item in items if PURE and _needs_database(item)]
    config.hook.pytest_deselected(items=needs)
    items[:] = [item for item in items if item not in needs]


def pytest_sessionfinish() -> None:
    """Close the connections, so that a process that is forked later opens its own."""
    from django.db import connections

    connections.close_all()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process and no folder behind."""
    stop()


def stop() -> None:
    """Stop what this process started."""
    if WORKER != "main":
        return
    for server in _running[:2]:
        server.stop()
    for folder in _running[2:]:
        shutil.rmtree(folder, ignore_errors=True)
