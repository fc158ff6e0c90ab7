"""The model gateway: one function for every model.

The part of a model's name before the first slash says who answers: ``offline`` this
process, ``openai`` any server that speaks the chat-completions protocol, everything
else LiteLLM. Each is a module with ``async complete``.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. ``cost_micros`` is in millionths of a US dollar."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micros: int


class ModelFailed(Exception):
    """The model did not answer. ``again`` says whether trying again may help.

    ``kind`` is timeout, rate_limited, unavailable or refused.
    """

    def __init__(self, message: str, *, again: bool, kind: str = "") -> None:
        super().__init__(message)
        self.again = again
        self.kind = kind or ("unavailable" if again else "refused")


async def complete(
    model: str, request: dict[str, Any], *, api_key: str | None = None
) -> Completion:
    """Ask ``model``. ``request`` has messages, schema and max_tokens, and may have a
    ``timeout`` in seconds. Raises ModelFailed."""
    answer: Completion = await _who_answers(model).complete(model, request, api_key=api_key)
    return answer


def _who_answers(model: str) -> Any:
    from workflows.gateway import chat_completions, litellm_gateway, offline_gateway

    known = {"offline": offline_gateway, "openai": chat_completions}
    return known.get(model.split("/")[0], litellm_gateway)


def kept(text: str) -> str:
    """Text as the journal can keep it: no NUL, no half surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def worth_another_try(status: int | None) -> bool:
    """Whether a refusal with this HTTP status may pass; no status means no answer came."""
    return status is None or status in (408, 409, 425, 429) or status >= 500


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The response format that asks for an answer of this shape."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
