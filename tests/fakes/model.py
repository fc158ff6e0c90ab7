"""A model server that speaks OpenAI's chat-completions protocol and answers by script.

    with ModelServer(["one", "two"]) as model, model.in_environment():
        ...  # use the model name "openai/scripted"
        assert len(model.requests) == 2

``answers`` is a list (the last one again and again once it is used up) or a function
of the request's JSON. An answer is the content's text, a dict (sent as JSON text), a
``Reply`` with a status, or None, which drops the connection. As a process it answers
with the offline drafter, or with the lines of ``--answers FILE`` (one JSON text a line).
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

from tests.fakes.doors import allow
from tests.fakes.log import Log, arguments, run_until_stopped
from tests.fakes.sink import Server

MODEL = "openai/scripted"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that isn't 200, such as ``Reply(500, "overloaded")``."""

    status: int
    message: str = "it went wrong"


Answer = str | dict[str, Any] | Reply | None
Answers = list[Answer] | Callable[[dict[str, Any]], Answer]


def offline(request: dict[str, Any]) -> str:
    """What the offline drafter would say."""
    from workflows.gateway.offline import draft

    return draft(request["messages"])


class ModelServer:
    """A scripted model on loopback."""

    def __init__(
        self,
        answers: Answers = offline,
        *,
        delay: float = 0,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self.answers, self.delay = answers, delay
        self._log = Log(log)
        self._asked = 0
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", port), self._handler())
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """What to set as the API's base."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The JSON of each request, oldest first."""
        return list(self._log.entries)

    @property
    def environment(self) -> dict[str, str]:
        """For a worker process whose ``openai/…`` models should come here, and may."""
        return {
            "OPENAI_API_BASE": self.url,
            "OPENAI_BASE_URL": self.url,
            "OPENAI_API_KEY": "sk-scripted",
            "HANDRAIL_ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{self.port}",
        }

    @contextmanager
    def in_environment(self) -> Iterator[Self]:
        """Point this process's ``openai/…`` models here, and let it call them."""
        allow(f"127.0.0.1:{self.port}")
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            yield self
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: dict[str, Any]) -> Answer:
        """Keep a request and find its answer."""
        with self._lock:
            turn, self._asked = self._asked, self._asked + 1
            self._log.add(request)
        time.sleep(self.delay)
        if callable(self.answers):
            return self.answers(request)
        return self.answers[min(turn, len(self.answers) - 1)]

    def _handler(fake) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = json.loads(raw)
                match fake.answer(request):
                    case None:
                        self.close_connection = True
                    case Reply(status, message):
                        self.say(status, {"error": {"message": message, "type": "scripted"}})
                    case answer:
                        text = answer if isinstance(answer, str) else json.dumps(answer)
                        self.say(200, _completion(request, text))

            def say(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def _completion(request: dict[str, Any], text: str) -> dict[str, Any]:
    asked = sum(len(str(m.get("content"))) for m in request.get("messages", []))
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "scripted"),
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {
            "prompt_tokens": asked // 4,
            "completion_tokens": len(text) // 4,
            "total_tokens": asked // 4 + len(text) // 4,
        },
    }


if __name__ == "__main__":
    parser = arguments()
    parser.add_argument("--answers", type=Path, default=None)
    parser.add_argument("--delay", type=float, default=0)
    given = parser.parse_args()
    script: Answers = offline
    if given.answers:
        script = [line for line in given.answers.read_text("utf-8").splitlines() if line]
    run_until_stopped(
        lambda: ModelServer(script, delay=given.delay, port=given.port, log=given.log)
    )
