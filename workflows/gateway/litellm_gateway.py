"""LiteLLM, imported when a model first needs it: it takes seconds and 190 MB."""

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
    journal_text,
    response_format,
    worth_another_try,
)
from workflows.gateway.failure_kinds import failure_kind, kind_of_status
from workflows.tools.retry_after import wait_of

_lock = threading.Lock()
_loaded: list[Any] = []

# A class as LiteLLM puts it before what was said: "litellm.BadRequestError: OpenAIException - ".
CLASS = re.compile(r"\b(?:\w+\.)*[A-Z]\w*(?:Error|Exception)\b\s*[:-]?\s*")

TIMEOUT = 60.0  # seconds
# How LiteLLM says that the model did answer, and in a shape that it does not know.
ANSWERED = ("Invalid response object", "Unable to get json response")
# Where LiteLLM calls these if nothing is configured, though it does not say so beforehand.
AT_HOME = {
    "ollama": "http://localhost:11434",
    "ollama_chat": "http://localhost:11434",
    "llamafile": "http://127.0.0.1:8080",
    "langflow": "http://localhost:7860",
    "langgraph": "http://localhost:2024",
}


def litellm_module() -> Any:
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
    litellm = await asyncio.to_thread(litellm_module)
    await asyncio.to_thread(check_address, litellm, model)
    body = {
        "model": model,
        "messages": request["messages"],
        "max_tokens": request["max_tokens"],
        "response_format": response_format(request["schema"]),
        "temperature": 0,
    }
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
            raise _failed(error) from error

    response = await parameters.post_completion(model, model, body, send)
    try:
        found = answers.read(_plain(response))
    except answers.ErrorAnswered as error:
        again = error.http_status is not None and worth_another_try(error.http_status)
        kind = kind_of_status(error.http_status, again)
        raise ModelFailed(journal_text(str(error)), again=again, kind=kind) from error
    except answers.UnreadableAnswer as error:
        raise ModelFailed(journal_text(str(error)), again=False) from error
    return completion_of(found, model, _cost(litellm, response))


def _failed(error: Exception) -> ModelFailed:
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else None
    again = worth_another_try(status) and not any(words in str(error) for words in ANSWERED)
    headers = getattr(error, "litellm_response_headers", None)
    return ModelFailed(
        journal_text(_told(error, status)),
        again=again,
        kind=failure_kind(error, again),
        http_status=status,
        wait=wait_of(headers or {}, clock.now()),
    )


def _told(error: Exception, status: int | None) -> str:
    """What the model's provider said, without the names of the library's classes."""
    said = str(error).partition("Traceback (most recent call last)")[0]
    said = " ".join(CLASS.sub("", said).split())[:500]
    return f"The model answered {status}: {said}" if status else f"The model did not answer: {said}"


def _plain(response: Any) -> Any:
    """A response of LiteLLM as the JSON it was made from."""
    return response.model_dump() if hasattr(response, "model_dump") else response


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
