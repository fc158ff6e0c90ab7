"""The model gateway: one function for every model.

The part of a model's name before the first slash says who answers: ``offline`` this
process, ``openai`` any server that speaks the chat-completions protocol, everything
else LiteLLM. Each is a module with ``async complete``.
"""

from typing import Any

from workflows.gateway import chat_completions, litellm_gateway, offline_gateway
from workflows.gateway.completion import Completion as Completion
from workflows.gateway.completion import ModelFailed as ModelFailed
from workflows.gateway.completion import completion_problem as completion_problem
from workflows.gateway.completion import why_cut as why_cut


async def complete(
    model: str, request: dict[str, Any], *, api_key: str | None = None
) -> Completion:
    """Ask ``model``. ``request`` has messages, schema and max_tokens, and may have a
    ``timeout`` in seconds. Raises ModelFailed."""
    answer: Completion = await _who_answers(model).complete(model, request, api_key=api_key)
    return answer


def _who_answers(model: str) -> Any:
    known = {"offline": offline_gateway, "openai": chat_completions}
    return known.get(model.split("/")[0], litellm_gateway)
