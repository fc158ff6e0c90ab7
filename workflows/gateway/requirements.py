"""What a model needs where the workers run: its provider, its variables, LiteLLM. Workers only."""

import os

from workflows.gateway import litellm_gateway

# Models that are asked without LiteLLM.
DIRECT = ("offline", "openai")
# Providers without an address of their own: LiteLLM asks OpenAI where none is set.
ADDRESSED = {"hosted_vllm": "HOSTED_VLLM_API_BASE", "lm_studio": "LM_STUDIO_API_BASE"}


def load_libraries(model: str) -> None:
    """Import LiteLLM where the model is asked through it: the first time takes seconds."""
    if model.partition("/")[0] not in DIRECT:
        litellm_gateway.litellm_module()


def provider_of(model: str) -> str:
    """Return the name of the model's provider; empty where none is known."""
    provider, slash, _ = model.partition("/")
    if provider in DIRECT:
        return provider
    try:
        found: str = litellm_gateway.litellm_module().get_llm_provider(model)[1]
    except Exception:  # LiteLLM's own error for a name without a provider, and others of odd names
        return provider if slash else ""
    return found


def missing_variables(model: str) -> list[str]:
    """Return the environment variables that the model's provider needs and that are not set.

    Where a provider takes one of several variables, all of them are named.
    """
    provider = model.partition("/")[0]
    if provider == "offline":
        return []
    if provider == "openai":
        is_own = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE")
        # A server of one's own may take no key.
        return [] if is_own or os.environ.get("OPENAI_API_KEY") else ["OPENAI_API_KEY"]
    if provider in ADDRESSED:
        return [] if os.environ.get(ADDRESSED[provider]) else [ADDRESSED[provider]]
    if provider in litellm_gateway.LOCAL_SERVERS:
        return []  # they need no key, and have an address where none is set
    try:
        found = litellm_gateway.litellm_module().validate_environment(model)
    except Exception:  # not worth losing the failure that this is to explain
        return []
    return [str(name) for name in found.get("missing_keys") or ()]
