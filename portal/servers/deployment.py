"""Deployment on one machine, for ``up`` and ``demo``: servers, web and worker.

All parts are child processes that end with this process.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from portal.demo import commands
from portal.servers import roles
from portal.servers.broker import Broker
from portal.servers.postgres import Postgres, ServerFailed, home_for
from portal.servers.process import Child, free_port, is_free, with_bytecode

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "handrail-data"
WEB_SECONDS = 60
PRIVATE_HOSTS = "HANDRAIL_ALLOWED_PRIVATE_HOSTS"


@dataclass(slots=True)
class ServerPlan:
    """Options of a deployment. ``port`` is the web's; the sample world takes the next one."""

    folder: Path
    port: int
    sample: bool = False
    reset: bool = False
    threads: int = 8
    web_processes: int = 1


@dataclass(slots=True)
class Deployment:
    """The running parts of a deployment, stopped in reverse order."""

    plan: ServerPlan
    tell: Callable[[str], None]
    env: dict[str, str] = field(default_factory=dict)
    parts: list[Any] = field(default_factory=list)
    lock: IO[str] | None = None

    @property
    def address(self) -> str:
        """The address of the web server."""
        return f"http://127.0.0.1:{self.plan.port}"

    @property
    def outside(self) -> str:
        """The address of the sample world's page, which shows the mail and calls it received."""
        return f"http://127.0.0.1:{self.plan.port + 1}"

    def start(self) -> None:
        """Start database and broker, then migrate. Raises ServerFailed with advice."""
        self._take_folder()
        self._check_ports()
        self.env = with_bytecode(os.environ, self.plan.folder)
        self.env["HANDRAIL_SECRET_KEY"] = self._secret_key()
        self.env["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        self.env.setdefault("HANDRAIL_BASE_URL", self.address)
        self._database()
        self._broker()
        if self.plan.sample:
            self._sample_world()
        self._note_env()
        self._migrate()

    def _migrate(self) -> None:
        """Run the migrations, unless an embedded database has had this very set of them."""
        stamp = self.plan.folder / "migrated"
        embedded = any(isinstance(part, Postgres) for part in self.parts)
        if embedded and stamp.exists() and stamp.read_text() == _migrations():
            return
        self.manage("migrate", "--database", "owner", "-v0", "--skip-checks")
        stamp.write_text(_migrations())

    def open(self) -> None:
        """Start web and worker; the worker begins once the web answers."""
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "portal.celery"]
        self._child(
            "web",
            [
                *(python, "-m", "portal.servers.web", "--port", str(self.plan.port)),
                *("--processes", str(self.plan.web_processes)),
            ],
            stop_with=signal.SIGTERM,
        )
        # On two cores a starting worker would slow down the web's start, which people wait for.
        self._wait_for_web()
        self._child(
            "worker",
            [
                *(*celery, "worker", "--pool", "threads", "-c", str(self.plan.threads)),
                *("-Q", "work", "--without-gossip", "--without-mingle", "-l", "WARNING"),
            ],
        )

    def watch(self) -> None:
        """Check the parts twice a second. Raises ServerFailed once one has ended by itself."""
        while True:
            for part in self.parts:
                child = part if isinstance(part, Child) else part.child
                if not child.is_alive():
                    raise ServerFailed(
                        f"The {child.name} has ended. The end of its log ({child.log}):\n"
                        + child.tail()
                    )
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop every part, the last started first, and release the data folder."""
        while self.parts:
            part = self.parts.pop()
            part.stop()
        if self.lock is not None:
            self.lock.close()

    def manage(self, *arguments: str) -> None:
        """Run a management command in the deployment's environment. Raises ServerFailed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, check=False)
        if done.returncode:
            raise ServerFailed(f"“{' '.join(arguments)}” did not succeed; see above.")

    def _take_folder(self) -> None:
        folder = self.plan.folder
        folder.mkdir(parents=True, exist_ok=True)
        # The lock is released when the process ends, even if it is killed.
        self.lock = (folder / "lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.lock = None
            raise ServerFailed(
                f"Handrail runs already on the data in {folder}. Stop that one, or give this "
                "one another folder with --data."
            ) from error
        if self.plan.reset:
            self._empty()
        others = [p.name for p in folder.iterdir() if p.name != "lock"]
        if others and not (folder / MARK).exists():
            raise ServerFailed(
                f"{folder} holds something else than Handrail's data. Choose another folder "
                "with --data."
            )
        (folder / MARK).touch()

    def _empty(self) -> None:
        folder = self.plan.folder
        if not (folder / MARK).exists():
            return
        for path in folder.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        data = home_for(folder).data
        if data.exists():
            shutil.rmtree(data)

    def _check_ports(self) -> None:
        wanted = [self.plan.port, *([self.plan.port + 1] if self.plan.sample else [])]
        for port in wanted:
            if not is_free(port):
                raise ServerFailed(f"Port {port} is taken. Choose another with --port.")

    def _secret_key(self) -> str:
        if given := os.environ.get("HANDRAIL_SECRET_KEY"):
            return given
        path = self.plan.folder / "secret-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()

    def _database(self) -> None:
        if given := os.environ.get("DATABASE_URL"):
            self.tell("database: the one in DATABASE_URL")
            if not os.environ.get("DATABASE_APP_URL"):
                self._prepare_given(given)
            return
        postgres = Postgres(self.plan.folder)
        postgres.start()
        self.parts.append(postgres)
        roles.set_up(postgres.url(), "handrail", self.env["HANDRAIL_SECRET_KEY"])
        password = roles.role_password(roles.OWNER, self.env["HANDRAIL_SECRET_KEY"])
        self.env["DATABASE_URL"] = postgres.url("handrail", roles.OWNER, password)
        self.tell("database: embedded Postgres")

    def _prepare_given(self, url: str) -> None:
        """Make the app and provider roles on the server in DATABASE_URL, which needs CREATEROLE."""
        import psycopg

        secret = self.env["HANDRAIL_SECRET_KEY"]
        lesser = (roles.APP, roles.PROVIDER)
        try:
            with psycopg.connect(url) as connection:
                owner = connection.info.user
            roles.make_roles(url, {role: roles.role_password(role, secret) for role in lesser})
            roles.prepare(url, owner=owner, app=roles.APP, provider=roles.PROVIDER)
        except psycopg.Error as error:
            raise ServerFailed(
                f"The database in DATABASE_URL can't be prepared: {error}\nIts role must be "
                "allowed to create roles and extensions; or set DATABASE_APP_URL and "
                "DATABASE_PROVIDER_URL to roles you made (docs/operating.md)."
            ) from error

    def _broker(self) -> None:
        if os.environ.get("BROKER_URL"):
            self.tell("broker: the one in BROKER_URL")
            return
        broker = Broker(self.plan.folder)
        broker.start()
        self.parts.append(broker)
        self.env["BROKER_URL"] = broker.url
        self.tell("broker: embedded Valkey")

    def _note_env(self) -> None:
        """Write the environment to a file, which a shell can source for management commands."""
        path = self.plan.folder / "env"
        path.touch(mode=0o600)
        made = {name: value for name, value in self.env.items() if os.environ.get(name) != value}
        lines = (f"export {name}={shlex.quote(value)}\n" for name, value in sorted(made.items()))
        path.write_text("".join(lines))

    def _sample_world(self) -> None:
        smtp = free_port()
        folder = self.plan.folder / "outside"
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "portal.demo.outside", str(folder), str(smtp)]
        self._child("outside", [*command, str(self.plan.port + 1)])
        self.env["HANDRAIL_SMTP_HOST"] = "127.0.0.1"
        self.env["HANDRAIL_SMTP_PORT"] = str(smtp)
        # The sample shop is on a private address, which tools may call only if it is listed.
        named = [os.environ.get(PRIVATE_HOSTS, ""), self.outside.removeprefix("http://")]
        self.env[PRIVATE_HOSTS] = ",".join(filter(None, named))
        self.env[commands.SETTING] = commands.sample_commands(os.environ.get(commands.SETTING, ""))
        self._wait_for(f"{self.outside}/", "outside")

    def _child(self, name: str, command: list[str], **more: Any) -> Child:
        child = Child(
            name, command, log=self.plan.folder / f"{name}.log", cwd=ROOT, env=self.env, **more
        )
        self.parts.append(child)
        return child

    def _wait_for_web(self) -> None:
        self._wait_for(f"{self.address}/accounts/login/", "web")

    def _wait_for(self, address: str, name: str) -> None:
        until = time.monotonic() + WEB_SECONDS
        child = next(p for p in self.parts if isinstance(p, Child) and p.name == name)
        while time.monotonic() < until:
            if not child.is_alive():
                raise ServerFailed(f"The {name} did not start:\n{child.tail()}")
            with suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310
                return
            time.sleep(0.1)
        raise ServerFailed(f"The {name} did not answer in time:\n{child.tail()}")


def _migrations() -> str:
    """Return a fingerprint of all migrations: our files, and the lock file for the libraries'."""
    digest = hashlib.sha256((ROOT / "uv.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_state(folder: Path) -> dict[str, Any]:
    """Return the notes of ``demo`` about its data; empty before the first time."""
    path = folder / "demo.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Save the notes of ``demo`` about its data."""
    (folder / "demo.json").write_text(json.dumps(state))
