"""Models asked directly over OpenAI's chat-completions protocol, which most model servers speak.

LiteLLM would send the same body, for several times the processor time and 190 MB of memory
(docs/adr/0014). Addresses and keys come from the environment variables that LiteLLM reads.
"""

import asyncio
import os
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from workflows.gateway import answers, parameters
from workflows.gateway.answers import Reading
from workflows.gateway.completion import (
    Completion,
    ModelFailed,
    completion_of,
    is_transient_status,
    journal_text,
)
from workflows.gateway.failure_kinds import kind_of_status
from workflows.gateway.failures import failure_of_error, failure_of_unreadable
from workflows.gateway.price_list import price_of
from workflows.gateway.request_body import request_body
from workflows.tools import ToolFailed, ToolInDoubt, egress

TIMEOUT = 60.0  # seconds
LARGEST = 8 * 1024 * 1024  # bytes; a stream has some 400 for each token of an answer
OPENAI = "https://api.openai.com/v1"
LONG = 256 * 1024  # bytes


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Ask a model for one completion and return it. Raises ModelFailed."""
    name = model.partition("/")[2]
    # Either name: both are in use, and LiteLLM reads both.
    base = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or OPENAI
    url = f"{base.strip().rstrip('/')}/chat/completions"
    key = (api_key or os.environ.get("OPENAI_API_KEY", "")).strip()
    limit = request.get("timeout") or TIMEOUT

    async def send(shaped: dict[str, Any]) -> Reading:
        return await _post(url, key, shaped, limit)

    body = request_body(name, request)
    found = await parameters.post_completion(f"{url} {name}", name, body, send)
    done = completion_of(found, name, price_of(model, found.model or name), request)
    # A server of one's own is known by its host alone.
    host = "" if base == OPENAI else urlsplit(url).hostname or ""
    return replace(done, provider=done.provider or host)


async def _post(url: str, key: str, body: dict[str, Any], limit: float) -> Reading:
    """Post one request and return its reading. Raises ModelFailed without a completion."""
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = await egress.send_request(
            "POST", url, headers=headers, json=body, timeout=limit, largest=LARGEST
        )
    except (ToolFailed, ToolInDoubt) as error:
        retryable = not isinstance(error, ToolFailed) or error.retryable
        raise ModelFailed(
            journal_text(str(error)),
            retryable=retryable,
            kind=error.kind,
            may_cost=isinstance(error, ToolInDoubt),
        ) from error
    if not 200 <= answer.status < 300:
        raise _failure_of_status(answer)
    if answer.lost:
        said = f"The model's answer was lost. {answer.lost}"
        raise ModelFailed(said, retryable=len(answer.body) <= LARGEST, may_cost=True)
    try:
        found = await _parse(answer.body)
        return answers.read(found, has_tools="tools" in body)
    except answers.ErrorAnswered as error:
        said = f"The model's server answered with an error: {error}"
        raise failure_of_error(error, said, answer.wait) from error
    except answers.UnreadableAnswer as error:
        raise failure_of_unreadable(error) from error


async def _parse(body: bytes) -> Any:
    """Return a body as JSON; a long one's parsing would block the other calls on the loop."""
    if len(body) < LONG:
        return answers.parse_answer(body)
    return await asyncio.to_thread(answers.parse_answer, body)


def _failure_of_status(answer: egress.HttpAnswer) -> ModelFailed:
    """Return the failure of an answer with an error status, in the words of the server."""
    try:
        found = answers.error_in(answers.parse_answer(answer.body))
    except answers.UnreadableAnswer:
        found = None
    said = found[0] if found else answer.body[:400].decode("utf-8", "replace")
    retryable = is_transient_status(answer.status)
    return ModelFailed(
        journal_text(f"The model answered {answer.status}: {said}"),
        retryable=retryable,
        kind=kind_of_status(answer.status, retryable),
        http_status=answer.status,
        wait=answer.wait,
    )
