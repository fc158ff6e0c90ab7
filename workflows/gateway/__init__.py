"""Model gateway: one function that asks any model for a completion.

The part of a model's name before the first slash selects the module that asks it: ``offline``
drafts in this process, ``openai`` asks any server with the chat-completions protocol, everything
else goes through LiteLLM. Each module has ``async complete``.
"""

from dataclasses import replace
from typing import Any

from workflows.gateway import chat_completions, litellm_gateway, offline_gateway
from workflows.gateway.completion import Completion as Completion
from workflows.gateway.completion import ModelFailed as ModelFailed
from workflows.gateway.completion import completion_problem as completion_problem
from workflows.gateway.completion import cut_reason as cut_reason
from workflows.gateway.completion import known_cost
from workflows.gateway.prices import Price


async def complete(
    model: str,
    request: dict[str, Any],
    *,
    api_key: str | None = None,
    price: Price | None = None,
) -> Completion:
    """Ask a model and return its completion. Raises ModelFailed.

    ``request`` has messages, schema and max_tokens, and may have a ``timeout`` in seconds. A
    ``price`` takes the place of the listed one.
    """
    answer: Completion = await _module_for(model).complete(model, request, api_key=api_key)
    if price is not None:
        cost = known_cost(answer.usage, answer.text, price)
        answer = replace(answer, cost_micros=cost)
    return answer


def _module_for(model: str) -> Any:
    known = {"offline": offline_gateway, "openai": chat_completions}
    return known.get(model.split("/")[0], litellm_gateway)
