"""The world outside as one small process: a model that answers at once, a shop that counts.

``tests.fakes`` keeps whole requests and starts a thread for each; here the fake must
not be what is measured. ``--delay`` is how long the model takes, in seconds.
"""

import argparse
import asyncio
import json
import re
import time
from collections.abc import Callable

ANSWER = {
    "text": "Hi Mia Chen,\n\nI'm sorry about that. Damaged items are refunded in full within "
    "30 days of delivery. [2] I've refunded $48.20 to your card. [1]",
    "refund": {"value": 4820, "currency": "USD"},
}
COMPLETION = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 0,
    "model": "scripted",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": json.dumps(ANSWER)},
        }
    ],
    "usage": {"prompt_tokens": 700, "completion_tokens": 60, "total_tokens": 760},
}


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


MODEL_SAYS = _http(json.dumps(COMPLETION).encode())
SHOP_SAYS = _http(b'{"ok": true}')
SHOP_FOUND = _http(json.dumps({"order": "A-17", "customer": "Mia Chen", "total": 4820}).encode())
TURNS = re.compile(rb'\\"turns\\": (\d+)')  # in an agent's request: how many it is to have


def _said_to(body: bytes) -> bytes:
    """What the model says to an agent: a call of its tool, or at its last turn a text."""
    had, wanted = body.count(b'"role": "assistant"'), TURNS.search(body)
    if wanted is None or had + 1 >= int(wanted[1]):
        return MODEL_SAYS
    function = {"name": "orders_find", "arguments": json.dumps({"order": f"A-{had}"})}
    call = {"id": f"call{had:05}", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    return _http(json.dumps({**COMPLETION, "choices": [choice]}).encode())


class Seen:
    """Counts. ``effects`` maps a key to how often it came and when it first did.

    The moment is of ``time.monotonic``, which on Linux all processes share. ``prompts`` maps a
    model's request, by its hash, to how often it was asked and how often its answer was sent.
    """

    def __init__(self) -> None:
        self.model = self.in_flight = self.most_in_flight = 0
        self.effects: dict[str, tuple[int, float]] = {}
        self.prompts: dict[int, list[int]] = {}

    def as_json(self) -> bytes:
        """For the benchmark."""
        found = {"model": self.model, "most": self.most_in_flight}
        return json.dumps({**found, "effects": self.effects, "prompts": self.prompts}).encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests carry a Content-Length or no body."""

    seen = Seen()
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            stop = end + 4 + int(_header(head, b"content-length") or 0)
            if len(self.buffer) < stop:
                return
            body = self.buffer[end + 4 : stop]
            self.buffer = self.buffer[stop:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            self._complete(hash(body), _said_to(body) if b'"tools"' in body else MODEL_SAYS)
        elif path == b"/orders/find":
            self.transport.write(SHOP_FOUND)
        elif path == b"/refunds":
            key = _header(head, b"idempotency-key").decode()
            count, first = Connection.seen.effects.get(key, (0, time.monotonic()))
            Connection.seen.effects[key] = (count + 1, first)
            self.transport.write(SHOP_SAYS)
        else:
            if path == b"/reset":
                Connection.seen = Seen()
            self.transport.write(_http(Connection.seen.as_json()))

    def _complete(self, prompt: int, answer: bytes) -> None:
        seen = Connection.seen
        seen.model += 1
        seen.prompts.setdefault(prompt, [0, 0])[0] += 1
        seen.in_flight += 1
        seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._completed, seen, prompt, answer)
        else:
            self._completed(seen, prompt, answer)

    def _completed(self, seen: Seen, prompt: int, answer: bytes) -> None:
        seen.in_flight -= 1
        if not self.transport.is_closing():  # whoever asked still lives
            seen.prompts[prompt][1] += 1
        self.transport.write(answer)


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    return head[at + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


async def _serve(port: int, make: Callable[[], asyncio.Protocol]) -> None:
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0)
    given = parser.parse_args()
    Connection.delay = given.delay
    asyncio.run(_serve(given.port, Connection))
