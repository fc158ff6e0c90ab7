"""LiteLLM, imported when a model first needs it: it takes seconds and 190 MB."""

import asyncio
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from tenants import outbound
from workflows.gateway import Completion, ModelFailed, json_schema, kept, worth_another_try
from workflows.gateway.kinds import kind_of

_lock = threading.Lock()
_loaded: list[Any] = []

TIMEOUT = 60.0  # seconds
# Where LiteLLM calls these if nothing is configured, though it does not say so beforehand.
AT_HOME = {
    "ollama": "http://localhost:11434",
    "ollama_chat": "http://localhost:11434",
    "llamafile": "http://127.0.0.1:8080",
    "langflow": "http://localhost:7860",
    "langgraph": "http://localhost:2024",
}


def load() -> Any:
    """The litellm module, set up."""
    with _lock:
        if not _loaded:
            # Before the import: otherwise it fetches a price list over the network.
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            import litellm

            litellm.telemetry = False
            litellm.drop_params = True
            litellm.suppress_debug_info = True
            _loaded.append(litellm)
    return _loaded[0]


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """One completion. Retries are the engine's, so LiteLLM makes none."""
    litellm = await asyncio.to_thread(load)
    await asyncio.to_thread(check_address, litellm, model)
    try:
        response = await litellm.acompletion(
            model=model,
            messages=request["messages"],
            max_tokens=request["max_tokens"],
            response_format=json_schema(request["schema"]),
            temperature=0,
            timeout=request.get("timeout") or TIMEOUT,
            num_retries=0,
            max_retries=0,
            api_key=api_key,
        )
    except Exception as error:
        said = kept(f"{type(error).__name__}: {str(error)[:500]}")
        status = getattr(error, "status_code", None)
        again = worth_another_try(status if isinstance(status, int) else None)
        raise ModelFailed(said, again=again, kind=kind_of(error, again)) from error
    usage = response.usage
    return Completion(
        text=kept(response.choices[0].message.content or ""),
        model=response.model or model,
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        cost_micros=_cost(litellm, response),
    )


def check_address(litellm: Any, model: str) -> None:
    """Raise ModelFailed where a model's server is inside and the deployment did not name it.

    A definition may name any model, and some providers' servers are on this machine by default.
    """
    try:
        found = litellm.get_llm_provider(model)
        base = litellm.utils.get_api_base(model, {})
    except Exception:
        return  # no provider of that name: LiteLLM says so
    provider, known = found[1], found[3]
    configured = os.environ.get(f"{provider.upper()}_API_BASE")
    url = configured or known or base or AT_HOME.get(provider)
    parts = urlsplit(str(url or ""))
    if not parts.hostname:
        return
    try:
        outbound.resolve(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except outbound.AddressRefused as error:
        raise ModelFailed(str(error), again=False, kind="refused") from error
    except OSError:
        return  # nobody of that name: the call says so, and may be made again


def _cost(litellm: Any, response: Any) -> int:
    try:
        return int(litellm.completion_cost(response) * 1_000_000)
    except Exception:
        return 0
