"""Model gateway: one function that asks any model for a completion.

The part of a model's name before the first slash selects the module that asks it: ``offline``
drafts in this process, ``openai`` asks any server with the chat-completions protocol, everything
else goes through LiteLLM. Each module has ``async complete``.
"""

from dataclasses import replace
from typing import Any

from tenants.text.credentials import without_credentials
from workflows.gateway import chat_completions, litellm_gateway, offline_gateway
from workflows.gateway.completion import Completion as Completion
from workflows.gateway.completion import ModelFailed as ModelFailed
from workflows.gateway.completion import assistant_message as assistant_message
from workflows.gateway.completion import completion_problem as completion_problem
from workflows.gateway.completion import cut_reason as cut_reason
from workflows.gateway.completion import tool_message as tool_message
from workflows.gateway.completion import with_cost
from workflows.gateway.credentials import harmless_completion, known_credentials
from workflows.gateway.prices import Price
from workflows.gateway.requirements import provider_of
from workflows.gateway.tool_calls import ToolCall as ToolCall


async def complete(
    model: str,
    request: dict[str, Any],
    *,
    api_key: str | None = None,
    price: Price | None = None,
) -> Completion:
    """Ask a model and return its completion. Raises ModelFailed.

    ``request`` has messages and max_tokens. It may have the ``schema`` of the answer, ``tools``
    with name, description and parameters (a JSON Schema), and a ``timeout`` in seconds. Messages
    have the form of OpenAI's, those with tool calls and their results too. A ``price`` takes the
    place of the listed one.
    """
    known = known_credentials(api_key)
    try:
        answer: Completion = await _module_for(model).complete(model, request, api_key=api_key)
    except ModelFailed as error:
        error.args = (without_credentials(str(error), known),)
        raise
    answer = harmless_completion(answer, known)
    answer = replace(answer, provider=answer.provider or provider_of(model))
    return answer if price is None else with_cost(answer, price)


def _module_for(model: str) -> Any:
    known = {"offline": offline_gateway, "openai": chat_completions}
    return known.get(model.split("/")[0], litellm_gateway)
