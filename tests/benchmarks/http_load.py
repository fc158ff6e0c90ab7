"""Requests to a server over kept-alive connections: how long they take, and its CPU for them."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from portal.servers.process import Child
from tests.benchmarks import figures

WARM = 40  # requests before those that count: each thread of the server has its own connection


@dataclass(frozen=True, slots=True)
class Server:
    """A web server: its process, its port, and headers of every request to it."""

    name: str
    child: Child
    port: int
    headers: str = ""

    def connect(self) -> "Connection":
        """A connection of its own, kept open."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return Connection(made, self)


@dataclass(frozen=True, slots=True)
class Connection:
    """One kept-alive connection. A client library would cost as much as what is measured."""

    socket: socket.socket
    server: Server

    def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
        """Send a request; fail unless it is answered with 200 or 201, and return the body."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{self.server.headers}{headers}\r\n"
        )
        self.socket.sendall(head.encode() + body)
        found = b""
        while b"\r\n\r\n" not in found:
            found += self.socket.recv(65536)
        answer, _, said = found.partition(b"\r\n\r\n")
        assert answer[9:11] == b"20", (path, found[:600])
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(said) < length:
            said += self.socket.recv(65536)
        return said


@dataclass(frozen=True, slots=True)
class Load:
    """What requests took: seconds of all and of each, and CPU seconds of the server."""

    took: list[float]
    seconds: float
    cpu: float

    @property
    def each(self) -> float:
        """Milliseconds of CPU a request."""
        return self.cpu / len(self.took) * 1000

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.took) / self.seconds

    def percentile(self, part: float) -> float:
        """Milliseconds that this part of the requests did not exceed."""
        return figures.percentile(self.took, part) * 1000


def measure(
    server: Server, send: Callable[[Connection], Any], requests: int, at_once: int = 1
) -> Load:
    """Send so many requests, so many at once."""

    def work(connection: Connection, times: int) -> list[float]:
        took = []
        for _ in range(times):
            began = time.monotonic()
            send(connection)
            took.append(time.monotonic() - began)
        return took

    connections = [server.connect() for _ in range(at_once)]
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, connections, [WARM // at_once] * at_once))
        cpu, began = figures.cpu_of(server.child.pid), time.monotonic()
        found = list(pool.map(work, connections, [requests // at_once] * at_once))
        seconds = time.monotonic() - began
        cpu = figures.cpu_of(server.child.pid) - cpu
    for connection in connections:
        connection.socket.close()
    return Load([one for each in found for one in each], seconds, cpu)
