"""A web site on loopback: pages by path, and every request as it came.

    with PageServer({"/": b"<p>Hello</p>"}) as site:
        ...
        assert site.asked("POST") == [("/send", {"order": ["10412"]})]

A page is its HTML, or a function that answers by itself with the request's handler.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs

from tests.fakes.doors import allow
from tests.fakes.sink import Server

Page = bytes | Callable[[BaseHTTPRequestHandler], None]


class PageServer:
    """A server of pages. ``is_named``: its address may be called, as a deployment would say."""

    def __init__(self, pages: dict[str, Page], *, is_named: bool = True) -> None:
        self.pages, self.is_named = pages, is_named
        self.requests: list[tuple[str, str, bytes]] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        if self.is_named:
            allow(self.host)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method: str) -> list[tuple[str, dict[str, list[str]]]]:
        """Path and form of each request by this method."""
        return [
            (path, parse_qs(body.decode())) for how, path, body in self.requests if how == method
        ]

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                site.requests.append((self.command, self.path, body))
                page = site.pages.get(self.path.partition("?")[0])
                if callable(page):
                    page(self)
                    return
                self.answer(page or b"", 200 if page is not None else 404)

            do_POST = do_GET  # noqa: N815

            def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
                self.send_response(status)
                named = {"Content-Type": "text/html; charset=utf-8"} | {
                    name.replace("_", "-"): value for name, value in headers.items()
                }
                for name, value in named.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
