"""LiteLLM, imported late: it takes seconds and 190 MB, and only workers need it."""

import os
import threading
from typing import Any

from workflows.gateway import Completion, ModelFailed
from workflows.gateway.kinds import kind_of

_lock = threading.Lock()
_loaded: list[Any] = []

TIMEOUT = 60.0  # seconds


def load() -> Any:
    """The litellm module, set up, with the offline drafter registered."""
    with _lock:
        if not _loaded:
            # Before the import: otherwise it fetches a price list over the network.
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            import litellm

            from workflows.gateway.offline_provider import OfflineDrafter

            litellm.telemetry = False
            litellm.drop_params = True
            litellm.suppress_debug_info = True
            litellm.custom_provider_map = [
                {"provider": "offline", "custom_handler": OfflineDrafter()}
            ]
            litellm.utils.custom_llm_setup()  # type: ignore[no-untyped-call]
            _loaded.append(litellm)
    return _loaded[0]


def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """One completion. Retries are the engine's, so LiteLLM makes none."""
    litellm = load()
    try:
        response = litellm.completion(
            model=model,
            messages=request["messages"],
            max_tokens=request["max_tokens"],
            response_format=_response_format(model, request["schema"]),
            temperature=0,
            timeout=request.get("timeout") or TIMEOUT,
            num_retries=0,
            max_retries=0,
            api_key=api_key,
        )
    except Exception as error:
        again = _worth_another_try(error)
        raise ModelFailed(_plain(error), again=again, kind=kind_of(error, again)) from error
    usage = response.usage
    return Completion(
        text=_kept(response.choices[0].message.content or ""),
        model=response.model or model,
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        cost_micros=_cost(litellm, response),
    )


def _response_format(model: str, schema: dict[str, Any]) -> dict[str, Any] | None:
    if model.startswith("offline/"):
        return None  # it reads the schema from the prompt
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _cost(litellm: Any, response: Any) -> int:
    try:
        return int(litellm.completion_cost(response) * 1_000_000)
    except Exception:
        return 0


def _kept(text: str) -> str:
    """Text as the journal can keep it: no NUL, no half surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _plain(error: Exception) -> str:
    return _kept(f"{type(error).__name__}: {str(error)[:500]}")


def _worth_another_try(error: Exception) -> bool:
    status = getattr(error, "status_code", None)
    return not isinstance(status, int) or status in (408, 409, 425, 429) or status >= 500
