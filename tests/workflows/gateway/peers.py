"""Model servers as the gateway meets them: three ways to ask, two protocols."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from audit.worker import inflight
from tests.fakes.anthropic import AnthropicServer
from tests.fakes.doors import allow
from tests.fakes.model import Answers, ModelServer
from workflows import gateway
from workflows.gateway import Completion, ModelFailed, parameters

HELLO = [
    {"role": "system", "content": "You help people who bought something."},
    {"role": "user", "content": "My lamp arrived broken."},
]
SHAPE = {
    "type": "object",
    "properties": {"order": {"type": "string"}},
    "required": ["order"],
    "additionalProperties": False,
}
TOOLS = [
    {"name": "shop.find", "description": "Finds an order.", "parameters": SHAPE},
    {"name": "shop.refund", "description": "Refunds an order.", "parameters": SHAPE},
]


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to ask a model: its name, and the server behind it. ``has_price``: it is listed."""

    model: str
    server: type[ModelServer] = ModelServer
    has_price: bool = False

    @property
    def is_anthropic(self) -> bool:
        """Whether it speaks Anthropic's protocol."""
        return self.server is AnthropicServer

    @property
    def provider(self) -> str:
        """Who serves it: a server with OpenAI's protocol that is not OpenAI's is known by host."""
        named = self.model.partition("/")[0]
        return "127.0.0.1" if named == "openai" else named

    @contextmanager
    def says(self, answers: Answers, *, delay: float = 0) -> Iterator[ModelServer]:
        """A server that answers so, to be asked under the peer's name."""
        parameters.clear_remembered()
        with (
            pytest.MonkeyPatch.context() as patch,
            self.server(answers, delay=delay) as server,
            server.in_environment(),
        ):
            patch.setenv("HOSTED_VLLM_API_BASE", server.url)
            yield server
        parameters.clear_remembered()

    def ask(self, **more: Any) -> Completion:
        """Its completion."""
        request = {"messages": HELLO, "max_tokens": 100} | more
        asked = gateway.complete(self.model, request)
        return asyncio.run_coroutine_threadsafe(asked, inflight.loop()).result(30)

    def failure(self, answers: Answers, *, delay: float = 0, **more: Any) -> ModelFailed:
        """How a request fails that is answered so."""
        with self.says(answers, delay=delay), pytest.raises(ModelFailed) as raised:
            self.ask(**more)
        return raised.value


DIRECT = Peer("openai/gpt-4o-mini", has_price=True)
VLLM = Peer("hosted_vllm/scripted")
CLAUDE = Peer("anthropic/claude-sonnet-4-5", AnthropicServer, has_price=True)
PEERS = [DIRECT, VLLM, CLAUDE]


def closed_port() -> str:
    """An address that may be called and where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{one.getsockname()[1]}"
    allow(host)
    return f"http://{host}"
