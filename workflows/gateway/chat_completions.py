"""Models asked directly over OpenAI's chat-completions protocol, which most model servers speak.

LiteLLM would send the same body, for several times the processor time and 190 MB of memory
(docs/adr/0014). Addresses and keys come from the environment variables that LiteLLM reads.
"""

import json
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workflows.gateway import answers, parameters
from workflows.gateway.answers import Reading
from workflows.gateway.completion import (
    Completion,
    ModelFailed,
    completion_of,
    is_transient_status,
    journal_text,
    response_format,
)
from workflows.gateway.failure_kinds import kind_of_status
from workflows.tools import ToolFailed, ToolInDoubt, egress

TIMEOUT = 60.0  # seconds
OPENAI = "https://api.openai.com/v1"


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Ask a model for one completion and return it. Raises ModelFailed."""
    name = model.partition("/")[2]
    body = {
        "model": name,
        "messages": request["messages"],
        "max_tokens": request["max_tokens"],
        "response_format": response_format(request["schema"]),
        "temperature": 0,
    }
    # Either name: both are in use, and LiteLLM reads both.
    base = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or OPENAI
    url = f"{base.strip().rstrip('/')}/chat/completions"
    key = (api_key or os.environ.get("OPENAI_API_KEY", "")).strip()
    limit = request.get("timeout") or TIMEOUT

    async def send(shaped: dict[str, Any]) -> Reading:
        return await _post(url, key, shaped, limit)

    found = await parameters.post_completion(f"{url} {name}", name, body, send)
    return completion_of(found, name, _cost(found, name))


async def _post(url: str, key: str, body: dict[str, Any], limit: float) -> Reading:
    """Post one request and return its reading. Raises ModelFailed without a completion."""
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = await egress.send_request("POST", url, headers=headers, json=body, timeout=limit)
    except (ToolFailed, ToolInDoubt) as error:
        retryable = not isinstance(error, ToolFailed) or error.retryable
        raise ModelFailed(journal_text(str(error)), retryable=retryable, kind=error.kind) from error
    if not 200 <= answer.status < 300:
        raise _failure_of_status(answer)
    if answer.lost:
        retryable = len(answer.body) <= egress.LARGEST_ANSWER
        raise ModelFailed(f"The model's answer was lost. {answer.lost}", retryable=retryable)
    try:
        return answers.read(answers.parse_answer(answer.body))
    except answers.ErrorAnswered as error:
        retryable = error.http_status is not None and is_transient_status(error.http_status)
        kind = kind_of_status(error.http_status, retryable)
        said = journal_text(f"The model's server answered with an error: {error}")
        raise ModelFailed(
            said, retryable=retryable, kind=kind, http_status=error.http_status, wait=answer.wait
        ) from error
    except answers.UnreadableAnswer as error:
        raise ModelFailed(
            journal_text(str(error)), retryable=False, http_status=answer.status
        ) from error


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


def _cost(found: Reading, name: str) -> int:
    price_in, price_out = _prices().get(found.model) or _prices().get(name) or (0.0, 0.0)
    return round((found.tokens_in * price_in + found.tokens_out * price_out) * 1_000_000)


@cache
def _prices() -> dict[str, tuple[float, float]]:
    """Return US dollars a token, in and out, by model, from LiteLLM's price list.

    The file is read without importing LiteLLM, which costs memory and time.
    """
    found = find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    folder = Path(next(iter(found.submodule_search_locations)))
    listed = json.loads((folder / "model_prices_and_context_window_backup.json").read_bytes())
    return {
        name: (price.get("input_cost_per_token") or 0.0, price.get("output_cost_per_token") or 0.0)
        for name, price in listed.items()
        if price.get("litellm_provider") == "openai" and price.get("mode") == "chat"
    }
