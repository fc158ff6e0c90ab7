"""G3: LiteLLM's own clients call checked addresses alone, and go nowhere else than they were sent.

Two of its clients are asked: its own, and that of OpenAI's library.
"""

import asyncio
import socket
from typing import Any

import pytest
from django.conf import settings as deployment

from audit.worker import inflight
from tests.fakes.anthropic import AnthropicServer
from tests.fakes.proxy import TunnelProxy
from tests.fakes.raw import Raw, RawServer
from tests.fakes.said import Said
from tests.tenants.network.test_proxies import PUBLIC, answers
from tests.workflows.gateway.peers import HELLO
from workflows.gateway import Completion, ModelFailed, litellm_gateway

OWN = {
    "anthropic/claude-sonnet-4-5": "ANTHROPIC_API_BASE",
    "hosted_vllm/scripted": "HOSTED_VLLM_API_BASE",
    "ollama_chat/scripted": "OLLAMA_API_BASE",
    "litellm_proxy/scripted": "LITELLM_PROXY_API_BASE",
}


def ask(model: str) -> Completion:
    request = {"messages": HELLO, "max_tokens": 100}
    asked = litellm_gateway.complete(model, request, api_key="sk-only-for-one-host")
    return asyncio.run_coroutine_threadsafe(asked, inflight.loop()).result(60)


@pytest.mark.parametrize("model", OWN)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, model: str, status: int
) -> None:
    with RawServer([Raw(200, b"{}")]) as other, RawServer([]) as server:
        server.answers = [Raw(status, headers={"Location": f"{other.url}/v1/chat/completions"})]
        monkeypatch.setenv(OWN[model], server.url)
        with pytest.raises(ModelFailed, match="sends on to another address") as raised:
            ask(model)
        assert server.requests  # Ollama's is also asked what its model can do
        assert other.requests == []
    assert not raised.value.retryable
    assert (raised.value.kind, raised.value.may_cost) == ("refused", False)


@pytest.mark.parametrize("model", OWN)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_inside_is_not_connected_to_though_it_was_let_through_before(
    monkeypatch: pytest.MonkeyPatch, model: str, host: str
) -> None:
    """A name may get another address after it was looked at."""
    with RawServer([Raw(200, b"{}")]) as server:
        deployment.ALLOWED_PRIVATE_HOSTS.clear()
        port = server.host.partition(":")[2]
        monkeypatch.setenv(OWN[model], f"http://{host}:{port}")
        monkeypatch.setattr(litellm_gateway, "check_address", lambda *_: None)
        with pytest.raises(ModelFailed, match="leads to an address inside") as raised:
            ask(model)
        assert server.requests == []
    assert (raised.value.retryable, raised.value.kind) == (False, "refused")


def test_a_name_whose_address_changes_is_checked_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first look finds a public address, the connection's own a loopback one."""
    real, looks = socket.getaddrinfo, []

    def changing(host: object, port: object, *args: object, **more: object) -> object:
        if host != "models.example":
            return real(host, port, *args, **more)  # type: ignore[arg-type]
        looks.append(host)
        address = "93.184.215.14" if len(looks) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(str(port))))]

    with RawServer([Raw(200, b"{}")]) as server:
        port = server.host.partition(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", changing)
        monkeypatch.setenv("HOSTED_VLLM_API_BASE", f"http://models.example:{port}")
        with pytest.raises(ModelFailed, match="leads to an address inside"):
            ask("hosted_vllm/scripted")
        assert server.requests == []
    assert len(looks) >= 2


def test_a_model_answers_through_the_checked_transport() -> None:
    with AnthropicServer([Said("Hello.")]) as server, server.in_environment():
        assert ask("anthropic/claude-sonnet-4-5").text
        assert len(server.requests) == 1


@pytest.mark.parametrize("model", OWN)
def test_a_model_is_asked_through_the_deployments_proxy_and_not_by_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, settings: Any, model: str
) -> None:
    """G3: the key goes to nobody whom the deployment did not name."""
    answers(monkeypatch, models=PUBLIC)
    with (
        RawServer([Raw(500, b"{}")]) as server,
        TunnelProxy(to=int(server.host.partition(":")[2])) as proxy,
        TunnelProxy(to=9) as other,
    ):
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("ALL_PROXY", other.url)
        monkeypatch.setenv(OWN[model], "http://models.example:8080")
        settings.OUTBOUND_PROXY = proxy.url
        with pytest.raises(ModelFailed):
            ask(model)
        assert server.requests
        assert set(proxy.asked) == {f"{PUBLIC}:8080"}
        assert (other.asked, other.plain) == ([], [])
