"""OpenAI's chat-completions protocol, which most model servers speak, asked directly.

LiteLLM would send the same body, for several times the processor time and 190 MB of
memory (docs/adr/0014). Addresses and keys come from the same variables it reads.
"""

import json
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workflows.gateway import Completion, ModelFailed, json_schema, kept, worth_another_try
from workflows.gateway.kinds import kind_of_status
from workflows.tools import ToolFailed, ToolInDoubt, egress

TIMEOUT = 60.0  # seconds
OPENAI = "https://api.openai.com/v1"


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """One completion. Raises ModelFailed."""
    name = model.partition("/")[2]
    body = {
        "model": name,
        "messages": request["messages"],
        "max_tokens": request["max_tokens"],
        "response_format": json_schema(request["schema"]),
        "temperature": 0,
    }
    base = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or OPENAI
    key = api_key or os.environ.get("OPENAI_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"}
    try:
        limit = request.get("timeout") or TIMEOUT
        answer = await egress.ask(
            "POST", f"{base}/chat/completions", headers=headers, json=body, timeout=limit
        )
    except (ToolFailed, ToolInDoubt) as error:
        again = not isinstance(error, ToolFailed) or error.again
        raise ModelFailed(kept(str(error)), again=again, kind=error.kind) from error
    if answer.status != 200:
        said = answer.body[:400].decode("utf-8", "replace")
        again = worth_another_try(answer.status)
        raise ModelFailed(
            kept(f"The model answered {answer.status}: {said}"),
            again=again,
            kind=kind_of_status(answer.status, again),
        )
    return _read(name, answer.body)


def _read(name: str, body: bytes) -> Completion:
    try:
        answer = json.loads(body)
        text = answer["choices"][0]["message"]["content"] or ""
        used = answer.get("usage") or {}
        tokens_in, tokens_out = used.get("prompt_tokens", 0), used.get("completion_tokens", 0)
        named = str(answer.get("model") or name)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise ModelFailed("The model's answer has no text in it.", again=True) from error
    price_in, price_out = _prices().get(named) or _prices().get(name) or (0.0, 0.0)
    cost = (tokens_in * price_in + tokens_out * price_out) * 1_000_000
    return Completion(kept(text), named, tokens_in, tokens_out, round(cost))


@cache
def _prices() -> dict[str, tuple[float, float]]:
    """US dollars a token, in and out, by model: LiteLLM's list, read without importing it."""
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
