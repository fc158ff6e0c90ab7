"""Where LiteLLM would call a model: not inside, unless the deployment named it."""

import pytest

from tests.fakes.doors import allow
from workflows.gateway import ModelFailed
from workflows.gateway.litellm_gateway import check_address, litellm_module

INSIDE = [
    "ollama/llama3",
    "ollama_chat/llama3",
    "llamafile/x",
    "docker_model_runner/x",
    "lemonade/x",
]


@pytest.mark.parametrize("model", INSIDE)
def test_a_definition_can_not_name_a_model_on_this_machine(model: str) -> None:
    """G3: some providers' servers are on loopback where nothing is configured."""
    with pytest.raises(ModelFailed, match="leads to an address inside") as raised:
        check_address(litellm_module(), model)
    assert not raised.value.retryable


def test_an_address_of_the_environment_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://169.254.169.254/v1")
    with pytest.raises(ModelFailed):
        check_address(litellm_module(), "hosted_vllm/x")
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://127.0.0.1:8000/v1")
    allow("127.0.0.1:8000")
    check_address(litellm_module(), "hosted_vllm/x")


def test_an_address_under_the_other_name_is_looked_at_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_BASE", raising=False)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://169.254.169.254")
    with pytest.raises(ModelFailed):
        check_address(litellm_module(), "anthropic/claude-sonnet-4-5")


@pytest.mark.parametrize("provider", ["hosted_vllm", "lm_studio", "litellm_proxy", "xinference"])
def test_a_server_of_ones_own_without_an_address_is_not_taken_for_openai(
    monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    for name in ("API_BASE", "BASE_URL"):
        monkeypatch.delenv(f"{provider.upper()}_{name}", raising=False)
    with pytest.raises(ModelFailed, match=f"{provider.upper()}_API_BASE is not set") as raised:
        check_address(litellm_module(), f"{provider}/x")
    assert (raised.value.kind, raised.value.may_cost) == ("refused", False)


def test_a_model_server_here_may_be_named() -> None:
    allow("localhost:11434")
    check_address(litellm_module(), "ollama/llama3")


def test_a_name_that_is_no_model_is_left_to_litellm() -> None:
    for model in ("nonsense", "http://127.0.0.1:80/x", "custom/x", ""):
        check_address(litellm_module(), model)
