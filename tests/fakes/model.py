"""A model server that speaks OpenAI's chat-completions protocol and answers by script.

    with ModelServer(["one", "two"]) as model, model.in_environment():
        ...  # use the model name "openai/scripted"
        assert len(model.requests) == 2

``answers`` is a list (the last one again and again once it is used up) or a function
of the request's JSON. An answer is the content's text, a dict (sent as JSON text), a ``Said`` with
tool calls and more, bytes (sent as they are), a ``Reply`` with a status, or None, which drops the
connection. It is streamed where the request says so. As a process it answers with the offline
drafter, or with the lines of ``--answers FILE`` (one JSON text a line).
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

from tests.fakes.doors import allow
from tests.fakes.log import Log, arguments, run_until_stopped
from tests.fakes.said import Answer, Called, Said, as_said, as_text, pieces
from tests.fakes.said import Reply as Reply
from tests.fakes.sink import Server
from workflows.gateway.usage import Usage

MODEL = "openai/scripted"


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

    def whole(self, request: dict[str, Any], said: Said) -> dict[str, Any]:
        """An answer in one piece."""
        calls = [_call(n, call.name, as_text(call.arguments), call.id) for n, call in _all(said)]
        message: dict[str, Any] = {
            "role": "assistant",
            "content": said.text if said.text or not calls else None,
        }
        message |= {"tool_calls": calls} if calls else {}
        message |= {"reasoning_content": said.thoughts} if said.thoughts else {}
        message |= {"refusal": said.refusal, "content": None} if said.refusal else {}
        choice = {"index": 0, "finish_reason": _finish(said), "message": message}
        return _head(request, "chat.completion") | {
            "choices": [choice],
            "usage": _usage(said.counts(request)),
        }

    def events(self, request: dict[str, Any], said: Said) -> list[str]:
        """The events of a streamed answer, as they are written."""
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": piece} for piece in pieces(said.thoughts)]
        deltas += [{"content": piece} for piece in pieces(said.text)]
        deltas += [{"refusal": piece} for piece in pieces(said.refusal)]
        for n, call in _all(said):
            deltas.append({"tool_calls": [_call(n, call.name, "", call.id) | {"index": n}]})
            for piece in pieces(as_text(call.arguments)):
                deltas.append({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
        head = _head(request, "chat.completion.chunk")
        chunks = [
            head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
            for delta in deltas
        ]
        last = {"index": 0, "delta": {}, "finish_reason": _finish(said)}
        chunks.append(head | {"choices": [last]})
        if (request.get("stream_options") or {}).get("include_usage"):
            chunks.append(head | {"choices": [], "usage": _usage(said.counts(request))})
        return [*(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks), "data: [DONE]\n\n"]

    def error(self, reply: Reply) -> dict[str, Any]:
        """The body of an answer that isn't 200."""
        return {"error": {"message": reply.message, "type": reply.kind}}

    def _handler(fake) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = json.loads(raw)
                match fake.answer(request):
                    case None:
                        self.close_connection = True
                    case Reply() as reply:
                        body = json.dumps(fake.error(reply)).encode()
                        self.say(body, status=reply.status, headers=reply.headers)
                    case bytes() as body:
                        self.say(body)
                    case answer:
                        self.say_completion(request, as_said(answer))

            def say_completion(self, request: dict[str, Any], said: Said) -> None:
                if said.streamed or request.get("stream"):
                    events = fake.events(request, said)
                    self.stream(events[: said.half or len(events)])
                else:
                    body = json.dumps(fake.whole(request, said)).encode()
                    self.say(body, half=bool(said.half))

            def say(
                self,
                body: bytes,
                *,
                status: int = 200,
                headers: dict[str, str] | None = None,
                half: bool = False,
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if half else body)
                self.close_connection = half

            def stream(self, events: list[str]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")  # its end is the end of the answer
                self.end_headers()
                for event in events:
                    self.wfile.write(event.encode())
                    self.wfile.flush()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def _head(request: dict[str, Any], kind: str) -> dict[str, Any]:
    model = request.get("model", "scripted")
    return {"id": "chatcmpl-scripted", "object": kind, "created": 0, "model": model}


def _all(said: Said) -> list[tuple[int, Called]]:
    return list(enumerate(said.calls))


def _call(n: int, name: str, arguments: str, given: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": given or f"call_{n}", "type": "function", "function": function}


def _finish(said: Said) -> str:
    named = {"length": "length", "filtered": "content_filter"}
    return named.get(said.finish) or ("tool_calls" if said.calls else "stop")


def _usage(counts: Usage) -> dict[str, Any]:
    made: dict[str, Any] = {
        "prompt_tokens": counts.tokens_in,
        "completion_tokens": counts.tokens_out,
        "total_tokens": counts.tokens_in + counts.tokens_out,
    }
    if counts.cache_read:
        made["prompt_tokens_details"] = {"cached_tokens": counts.cache_read}
    if counts.reasoning:
        made["completion_tokens_details"] = {"reasoning_tokens": counts.reasoning}
    return made


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
