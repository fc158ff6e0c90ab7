"""An MCP server on loopback whose every answer a test may bend.

    with McpFake() as server:
        server.tools["look"] = tool("look")
        server.bend["tools/call"] = lambda message, request: Reply(...)

It speaks 2026-07-28; with ``legacy`` it speaks 2025-11-25 alone. ``asked`` holds each message that
came, ``calls`` those of tools. Raw HTTP, because a server made with the SDK would not misbehave.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from tests.fakes.sink import Server

MODERN, LEGACY = "2026-07-28", "2025-11-25"
INFO = {"name": "fake", "version": "1"}


@dataclass
class Reply:
    """An HTTP answer as it goes out. ``drop`` cuts the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    drop: bool = False
    delay: float = 0


Bend = Callable[[dict[str, Any], dict[str, Any]], Reply | dict[str, Any]]


def tool(name: str, **more: Any) -> dict[str, Any]:
    """A tool that takes an order, as a server describes it."""
    schema = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
    return {"name": name, "description": f"Does {name}.", "inputSchema": schema} | more


def error(message: dict[str, Any], code: int, said: str, status: int = 200) -> Reply:
    found = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": said}}
    return Reply(status, json.dumps(found).encode())


def events(*messages: dict[str, Any]) -> Reply:
    """An answer that is a stream of these messages."""
    lines = [f"event: message\ndata: {json.dumps(one)}\n\n" for one in messages]
    return Reply(200, "".join(lines).encode(), kind="text/event-stream")


class McpFake:
    """An MCP server over HTTP that does what a test wants."""

    def __init__(self, *, legacy: bool = False) -> None:
        self.legacy = legacy
        self.tools: dict[str, dict[str, Any]] = {}
        self.instructions = ""
        self.bend: dict[str, Bend] = {}
        self.asked: list[dict[str, Any]] = []
        self.pages: dict[str, Reply] = {}  # what a GET gets
        self.guard: Callable[[dict[str, Any]], Reply | None] | None = None  # of the headers
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.port: int = self._server.server_address[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/mcp"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The parameters of each call of a tool, oldest first."""
        return [one["params"] for one in self.asked if one.get("method") == "tools/call"]

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, message: dict[str, Any], request: dict[str, Any]) -> Reply:
        """What goes out for a message that came in ``request`` (its headers)."""
        method = message.get("method", "")
        self.asked.append(message | {"headers": request})
        if method in self.bend:
            found = self.bend[method](message, request)
            return found if isinstance(found, Reply) else self._result(message, found)
        if "id" not in message:
            return Reply(202)
        if method == ("server/discover" if self.legacy else "initialize"):
            return error(message, -32601, "Method not found", 404)
        if method == "initialize":
            return self._result(message, self._hello())
        if method == "server/discover":
            return self._result(message, self._hello())
        if method == "tools/list":
            return self._result(message, {"tools": list(self.tools.values())})
        if method == "tools/call":
            said = f"{message['params']['name']} did it."
            return self._result(message, {"content": [{"type": "text", "text": said}]})
        return error(message, -32601, "Method not found", 404)

    def _hello(self) -> dict[str, Any]:
        instructions = {"instructions": self.instructions} if self.instructions else {}
        if self.legacy:
            more: dict[str, Any] = {"protocolVersion": LEGACY, "serverInfo": INFO}
        else:
            more = {"supportedVersions": [MODERN]}
        return {"capabilities": {"tools": {}}} | more | instructions

    def _result(self, message: dict[str, Any], result: dict[str, Any]) -> Reply:
        modern = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        found = result if self.legacy else modern | result
        answer = {"jsonrpc": "2.0", "id": message.get("id"), "result": found}
        return Reply(body=json.dumps(answer).encode())

    def _handler(fake) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                refused = fake.guard(dict(self.headers)) if fake.guard else None
                reply = refused or fake.answer(json.loads(raw or b"{}"), dict(self.headers))
                time.sleep(reply.delay)
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                if reply.drop:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                if reply.status != 202:
                    self.send_header("Content-Type", reply.kind)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                self._send(fake.pages.get(self.path, Reply(405)))

            do_DELETE = do_GET  # noqa: N815

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        return Handler
