"""What a model needs is known by name, and a server of one's own answers by configuration."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from audit.worker import inflight
from tests.fakes.doors import allow
from tests.fakes.model import ModelServer
from workflows import gateway
from workflows.gateway.requirements import missing_variables, provider_of
from workflows.routing.tries.question import REQUEST, misfit_of

ANSWER = {"text": "Here.", "ready": True}
KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_KEY")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, "HOSTED_VLLM_API_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("model", "missing", "provider"),
    [
        ("offline/extractive", [], "offline"),
        ("openai/gpt-5", ["OPENAI_API_KEY"], "openai"),
        ("gpt-4o", ["OPENAI_API_KEY"], "openai"),
        ("anthropic/claude-sonnet-4-5", ["ANTHROPIC_API_KEY"], "anthropic"),
        ("hosted_vllm/x", ["HOSTED_VLLM_API_BASE"], "hosted_vllm"),
        ("ollama/llama3", [], "ollama"),
        ("nonsense/x", [], "nonsense"),
        ("justaword", [], ""),
    ],
)
def test_what_a_model_lacks_has_a_name(model: str, missing: list[str], provider: str) -> None:
    assert missing_variables(model) == missing
    assert provider_of(model) == provider


def test_a_server_of_ones_own_may_take_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://models.example/v1")
    assert missing_variables("openai/own") == []
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://models.example/v1")
    assert missing_variables("hosted_vllm/own") == []


def asked(model: str) -> gateway.Completion:
    """Ask on the loop that makes all calls, as a worker does."""
    asking = gateway.complete(model, REQUEST)
    return asyncio.run_coroutine_threadsafe(asking, inflight.loop()).result(30)


@pytest.mark.parametrize(
    ("variable", "model"),
    [
        ("OPENAI_BASE_URL", "openai/own"),
        ("HOSTED_VLLM_API_BASE", "hosted_vllm/own"),
        ("LLAMAFILE_API_BASE", "llamafile/own"),
        ("LM_STUDIO_API_BASE", "lm_studio/own"),
    ],
)
def test_a_server_with_the_protocol_of_openai_is_found_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, model: str
) -> None:
    with ModelServer([ANSWER]) as server:
        allow(f"127.0.0.1:{server.port}")
        monkeypatch.setenv(variable, server.url)
        done = asked(model)
        assert server.requests[0]["model"] == "own"
    assert misfit_of(done.text) == ""
    assert done.cost_micros is None


class Ollama(BaseHTTPRequestHandler):
    """Ollama's own protocol, as far as one question needs it."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        found: dict[str, Any] = {"model": "own", "response": json.dumps(ANSWER), "done": True}
        body = json.dumps({**found, "prompt_eval_count": 30, "eval_count": 8}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def test_ollama_is_found_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ollama)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        allow(f"127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OLLAMA_API_BASE", f"http://127.0.0.1:{server.server_port}")
        done = asked("ollama/own")
    finally:
        server.shutdown()
        server.server_close()
    assert misfit_of(done.text) == ""
    assert (done.usage.tokens_in, done.usage.tokens_out) == (30, 8)
