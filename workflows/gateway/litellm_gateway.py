"""Models asked through LiteLLM, which is imported at first use: it takes seconds and 190 MB."""

import asyncio
import json
import os
import re
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from tenants import clock
from tenants.network import outbound, proxies
from workflows.gateway import answers, parameters, streams
from workflows.gateway.completion import (
    Completion,
    ModelFailed,
    completion_of,
    is_transient_status,
    journal_text,
)
from workflows.gateway.failure_kinds import failure_kind
from workflows.gateway.failures import READ, failure_of_error, failure_of_unreadable
from workflows.gateway.litellm_transport import RedirectRefused, use_checked_transports
from workflows.gateway.price_list import price_of
from workflows.gateway.prompt_cache import with_cache_marks
from workflows.gateway.request_body import request_body
from workflows.tools.retry_after import retry_after_seconds

_lock = threading.Lock()
_loaded: list[Any] = []

# Class names that LiteLLM puts before a message: "litellm.BadRequestError: OpenAIException - ".
CLASS = re.compile(r"\b(?:\w+\.)*[A-Z]\w*(?:Error|Exception)\b\s*[:-]?\s*")
HINT = re.compile(r"\. Handle with `[^`]*`\.?")  # that LiteLLM puts behind one

TIMEOUT = 60.0  # seconds
# Words of LiteLLM's errors about an answer in an unknown shape: the model did answer.
UNKNOWN_SHAPE = ("Invalid response object", "Unable to get json response", "response with no '")
# What LiteLLM's own code raises over such an answer.
BUGS = (LookupError, TypeError, AttributeError, json.JSONDecodeError)
UNSENT = (ConnectionRefusedError, socket.gaierror)  # without a connection nothing was asked
STREAMED = re.compile(r"Original Response: (?:data|event|id|retry)?:")  # a stream, not asked for
# Classes of LiteLLM's errors that may come without an answer, whatever status they have.
NO_ANSWER = {"APIConnectionError", "InternalServerError", "MidStreamFallbackError"}
# Servers of one's own with OpenAI's protocol: without an address LiteLLM would ask OpenAI.
OWN_SERVERS = {"hosted_vllm", "lm_studio", "litellm_proxy", "xinference"}
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
            use_checked_transports(litellm)
            _loaded.append(litellm)
    return _loaded[0]


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Ask a model for one completion and return it. Raises ModelFailed.

    LiteLLM makes no retries, because the engine does.
    """
    # In a thread: the import and the look-up of an address would block all calls on the loop.
    litellm = await asyncio.to_thread(_module_for_model, model)
    _skip_logging(litellm)
    limit = request.get("timeout") or TIMEOUT
    more = {
        "timeout": limit,
        "num_retries": 0,
        "max_retries": 0,
        "api_key": api_key,
        # Tools are ours to carry out; LiteLLM would import its MCP client, which is not installed.
        "_skip_mcp_handler": True,
    }

    async def send(shaped: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(limit):  # LiteLLM's own is for each read of a stream
                response = await litellm.acompletion(**shaped, **more)
                return await _joined_stream(response) if shaped.get("stream") else _plain(response)
        except answers.UnreadableAnswer:
            raise
        except Exception as error:
            raise _failure_of(error) from error

    body = request_body(model, request)
    body["messages"] = with_cache_marks(model, body["messages"])
    try:
        response = await parameters.post_completion(model, model, body, send)
        found = answers.read(response, has_tools="tools" in body)
    except answers.ErrorAnswered as error:
        raise failure_of_error(error, str(error)) from error
    except answers.UnreadableAnswer as error:
        raise failure_of_unreadable(error) from error
    return completion_of(found, model, price_of(model, found.model), request)


def _skip_logging(litellm: Any) -> None:
    """Let LiteLLM log no call of this task: it would price and keep each, for 1 ms of CPU."""
    context = getattr(litellm, "_internal_context", None)  # no public name: it may go
    if flag := getattr(context, "is_internal_call", None):
        flag.set(True)


def _failure_of(error: Exception) -> ModelFailed:
    if refused := _refusal_in(error):
        return ModelFailed(str(refused), retryable=False, kind="refused")
    if _is_unreadable(error):
        return _failure_of_shape(error)
    status = getattr(error, "status_code", None)
    headers = getattr(error, "litellm_response_headers", None)
    # Without headers nobody answered so: LiteLLM gives these errors a status of its own.
    is_lost = not headers and type(error).__name__ in NO_ANSWER
    status = status if isinstance(status, int) and not is_lost else None
    retryable = is_transient_status(status)
    kind = failure_kind(error, retryable)
    return ModelFailed(
        journal_text(_provider_words(error, status)),
        retryable=retryable,
        kind=kind,
        http_status=status,
        wait=retry_after_seconds(headers or {}, clock.now()),
        may_cost=(is_lost or kind == "timeout") and not isinstance(_root(error), UNSENT),
    )


def _is_unreadable(error: Exception) -> bool:
    """Whether the model answered, with something that LiteLLM can't read."""
    return any(words in str(error) for words in UNKNOWN_SHAPE) or isinstance(_root(error), BUGS)


def _refusal_in(error: BaseException | None) -> OSError | None:
    """Return the refusal of our transport that an error of LiteLLM was made of, if any."""
    while error is not None:
        if isinstance(error, (RedirectRefused, outbound.AddressRefused)):
            return error
        error = error.__cause__ or error.__context__
    return None


def _root(error: BaseException) -> BaseException:
    """Return the error that an error of LiteLLM was made of."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error


def _failure_of_shape(error: Exception) -> ModelFailed:
    if STREAMED.search(str(error)):
        return parameters.StreamedUnasked()
    said = f"The model's answer can't be read: {_said(error)}"
    return ModelFailed(journal_text(said), retryable=False, http_status=READ, may_cost=True)


def _provider_words(error: Exception, status: int | None) -> str:
    """Return the provider's words in an error of LiteLLM, without its class names."""
    if isinstance(error, TimeoutError):
        return "The model did not answer in time."
    said = _said(error)
    return f"The model answered {status}: {said}" if status else f"The model did not answer: {said}"


def _said(error: Exception) -> str:
    said = str(error).partition("Traceback (most recent call last)")[0]
    said = " ".join(CLASS.sub("", HINT.sub("", said)).split())
    try:
        found = answers.error_in(json.loads(said))
    except (ValueError, RecursionError):
        found = None
    return (found[0] if found else said)[:500]


def _plain(response: Any) -> Any:
    """Return a response of LiteLLM, or a chunk of one, as JSON values."""
    return response.model_dump() if hasattr(response, "model_dump") else response


async def _joined_stream(response: Any) -> dict[str, Any]:
    """Return a streamed response as one answer. Raises UnreadableAnswer where it broke off."""
    chunks = [_plain(chunk) async for chunk in response]
    # LiteLLM writes a last chunk of its own, and keeps here what the provider said.
    if not (response.received_finish_reason or response.intermittent_finish_reason):
        raise answers.UnreadableAnswer(answers.BROKE_OFF, is_half=True)
    return streams.join_chunks(chunks, is_done=True)


def _module_for_model(model: str) -> Any:
    """Return the litellm module. Raises ModelFailed where the model's server may not be called."""
    litellm = litellm_module()
    check_address(litellm, model)
    return litellm


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
    own = provider.removesuffix("_chat").upper()  # one server for both of Ollama's protocols
    names = (f"{own}_API_BASE", f"{own}_BASE_URL")
    configured = next((os.environ[name] for name in names if os.environ.get(name)), None)
    url = configured or known or base or LOCAL_SERVERS.get(provider)
    parts = urlsplit(str(url or ""))
    if not parts.hostname and provider in OWN_SERVERS:
        said = f"The address of its server is not known: {names[0]} is not set for the workers."
        raise ModelFailed(said, retryable=False, kind="refused")
    if not parts.hostname:
        return
    try:
        proxies.check_host(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except outbound.AddressRefused as error:
        raise ModelFailed(str(error), retryable=False, kind="refused") from error
    except OSError:
        return  # no host has that name: the call fails, and may be tried again
