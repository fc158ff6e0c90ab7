"""A shop that counts: every request is kept, with its Idempotency-Key.

    with HttpSink() as shop:
        ...
        assert shop.by_key["hr-…"] == 1

``status`` is what it answers; a function of the request gives one or None, and None
drops the connection after the request was read. ``body`` is the answer's, or a function of
the path that gives it. ``delay`` is in seconds. It acts once
per key: ``effects`` holds what took effect, ``requests`` everything that came in.
"""

import json
import socketserver
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.fakes.log import Log, arguments, run_until_stopped

Status = int | None | Callable[[dict[str, Any]], int | None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # HTTPServer.server_bind asks the resolver for a name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news."""


class HttpSink:
    """A counting HTTP server on loopback."""

    def __init__(
        self,
        *,
        status: Status = 200,
        delay: float = 0,
        body: Any = None,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self.status, self.delay, self.body = status, delay, body
        self._log = Log(log)
        self._acted: set[str] = set()
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", port), self._handler())
        self.port: int = self._server.server_address[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Each as ``{method, path, headers, body, key, status, effect}``, oldest first."""
        return list(self._log.entries)

    @property
    def effects(self) -> list[dict[str, Any]]:
        """The requests that took effect: answered below 300 or dropped, first of their key."""
        return [r for r in self.requests if r["effect"]]

    @property
    def by_key(self) -> Counter[str]:
        """How many requests came with each key."""
        return Counter(r["key"] for r in self.requests)

    @property
    def effects_by_key(self) -> Counter[str]:
        """How often each key took effect. More than 1 can't be."""
        return Counter(r["key"] for r in self.effects)

    def use_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from the first connection on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: dict[str, Any]) -> int | None:
        """Keep a request and say what to answer."""
        status = self.status(request) if callable(self.status) else self.status
        with self._lock:
            first = not request["key"] or request["key"] not in self._acted
            effect = first and (status is None or status < 300)
            if effect and request["key"]:
                self._acted.add(request["key"])
            self._log.add(request | {"status": status, "effect": effect})
        time.sleep(self.delay)
        return status

    def _handler(sink) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = sink.take(
                    {
                        "method": self.command,
                        "path": self.path,
                        "headers": dict(self.headers),
                        "body": _json(raw),
                        "raw": raw.hex(),
                        "key": self.headers.get("Idempotency-Key", ""),
                    }
                )
                if status is None:
                    self.close_connection = True
                    return
                answer = sink.body(self.path) if callable(sink.body) else sink.body
                answer = {"ok": status < 300} if answer is None else answer
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status == 204:  # has no body, which would be read as the next answer
                    self.end_headers()
                    return
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


if __name__ == "__main__":
    parser = arguments()
    parser.add_argument("--status", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0)
    given = parser.parse_args()
    run_until_stopped(
        lambda: HttpSink(status=given.status, delay=given.delay, port=given.port, log=given.log)
    )
