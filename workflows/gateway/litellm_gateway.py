"""Models asked through LiteLLM, which is imported at first use: it takes seconds and 190 MB."""

import asyncio
import os
import re
import threading
from typing import Any
from urllib.parse import urlsplit

from tenants import clock
from tenants.network import outbound
from workflows.gateway import answers, parameters
from workflows.gateway.completion import (
    Completion,
    ModelFailed,
    completion_of,
    is_transient_status,
    journal_text,
)
from workflows.gateway.failure_kinds import failure_kind, kind_of_status
from workflows.gateway.price_list import price_of
from workflows.gateway.request_body import request_body
from workflows.tools.retry_after import retry_after_seconds

_lock = threading.Lock()
_loaded: list[Any] = []

# Class names that LiteLLM puts before a message: "litellm.BadRequestError: OpenAIException - ".
CLASS = re.compile(r"\b(?:\w+\.)*[A-Z]\w*(?:Error|Exception)\b\s*[:-]?\s*")

TIMEOUT = 60.0  # seconds
# Words of LiteLLM's errors about an answer in an unknown shape: the model did answer.
UNKNOWN_SHAPE = ("Invalid response object", "Unable to get json response")
# Classes of LiteLLM's errors that come without an answer, whatever status they have.
NO_ANSWER = {"APIConnectionError", "InternalServerError"}
# Addresses that LiteLLM calls by default for these providers, and does not tell beforehand.
LOCAL_SERVERS = {
    "ollama": "http://localhost:11434",
    "ollama_chat": "http://localhost:11434",
    "llamafile": "http://127.0.0.1:8080",
    "langflow": "http://localhost:7860",
    "langgraph": "http://localhost:2024",
}


def litellm_module() -> Any:
    """Return the litellm module, imported and set up once a process."""
    with _lock:
        if not _loaded:
            # Before the import: otherwise it fetches a price list over the network.
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            import litellm

            # No calls home, no parameters that a provider does not take, no banners on stderr.
            litellm.telemetry = False
            litellm.drop_params = True
            litellm.suppress_debug_info = True
            _loaded.append(litellm)
    return _loaded[0]


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Ask a model for one completion and return it. Raises ModelFailed.

    LiteLLM makes no retries, because the engine does.
    """
    # In threads: the import and the look-up of an address would block all calls on the loop.
    litellm = await asyncio.to_thread(litellm_module)
    await asyncio.to_thread(check_address, litellm, model)
    body = request_body(model, request)
    more = {
        "timeout": request.get("timeout") or TIMEOUT,
        "num_retries": 0,
        "max_retries": 0,
        "api_key": api_key,
    }

    async def send(shaped: dict[str, Any]) -> Any:
        try:
            return await litellm.acompletion(**shaped, **more)
        except Exception as error:
            raise _failure_of(error) from error

    response = await parameters.post_completion(model, model, body, send)
    try:
        found = answers.read(_plain(response), has_tools="tools" in body)
    except answers.ErrorAnswered as error:
        retryable = error.http_status is not None and is_transient_status(error.http_status)
        kind = kind_of_status(error.http_status, retryable)
        raise ModelFailed(journal_text(str(error)), retryable=retryable, kind=kind) from error
    except answers.UnreadableAnswer as error:
        raise ModelFailed(journal_text(str(error)), retryable=False, may_cost=True) from error
    return completion_of(found, model, price_of(model, found.model), request)


def _failure_of(error: Exception) -> ModelFailed:
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else None
    is_answered = any(words in str(error) for words in UNKNOWN_SHAPE)
    retryable = is_transient_status(status) and not is_answered
    kind = failure_kind(error, retryable)
    headers = getattr(error, "litellm_response_headers", None)
    return ModelFailed(
        journal_text(_provider_words(error, status)),
        retryable=retryable,
        kind=kind,
        http_status=status,
        wait=retry_after_seconds(headers or {}, clock.now()),
        may_cost=is_answered or kind == "timeout" or type(error).__name__ in NO_ANSWER,
    )


def _provider_words(error: Exception, status: int | None) -> str:
    """Return the provider's words in an error of LiteLLM, without its class names."""
    said = str(error).partition("Traceback (most recent call last)")[0]
    said = " ".join(CLASS.sub("", said).split())[:500]
    return f"The model answered {status}: {said}" if status else f"The model did not answer: {said}"


def _plain(response: Any) -> Any:
    """Return a response of LiteLLM as JSON values."""
    return response.model_dump() if hasattr(response, "model_dump") else response


def check_address(litellm: Any, model: str) -> None:
    """Raise ModelFailed where a model's server is internal and the deployment does not allow it.

    A definition may name any model, and some providers' servers are on this machine by default.
    """
    try:
        found = litellm.get_llm_provider(model)
        base = litellm.utils.get_api_base(model, {})
    except Exception:
        return  # no provider has that name: the call fails and says so
    provider, known = found[1], found[3]
    configured = os.environ.get(f"{provider.upper()}_API_BASE")
    url = configured or known or base or LOCAL_SERVERS.get(provider)
    parts = urlsplit(str(url or ""))
    if not parts.hostname:
        return
    try:
        outbound.resolve(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except outbound.AddressRefused as error:
        raise ModelFailed(str(error), retryable=False, kind="refused") from error
    except OSError:
        return  # no host has that name: the call fails, and may be tried again
