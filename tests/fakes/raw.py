"""A server that answers with given bytes: any status, any headers, any body.

    with RawServer([Raw(303, headers={"Location": "/refunds/1"})]) as server:
        ...
        assert len(server.requests) == 1

The last answer is given again and again. A body may be a function of the request's JSON.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from tests.fakes.doors import allow
from tests.fakes.sink import Server

Body = bytes | Callable[[dict[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class Raw:
    """One answer. ``says`` is the length it claims to have, if not its own."""

    status: int = 200
    body: Body = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    says: int | None = None


class RawServer:
    """A server on loopback that may be called, and keeps what it was asked."""

    def __init__(self, answers: list[Raw]) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        allow(self.host)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def as_model(self) -> Iterator[Self]:
        """Point this process's ``openai/…`` and ``hosted_vllm/…`` models here."""
        named = {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": "sk-scripted",
            "HOSTED_VLLM_API_BASE": f"{self.url}/v1",
        }
        before = {name: os.environ.get(name) for name in named}
        os.environ.update(named)
        try:
            yield self
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

    def _handler(fake) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = json.loads(sent) if sent else {}
                fake.requests.append({"body": request, "headers": dict(self.headers)})
                answer = fake.answers[min(len(fake.requests), len(fake.answers)) - 1]
                body = answer.body(request) if callable(answer.body) else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(answer.says or len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = answer.says is not None

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
