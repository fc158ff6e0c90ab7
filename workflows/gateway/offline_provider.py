"""The offline drafter as a LiteLLM provider: ``offline/extractive``."""

from typing import Any

from litellm import ModelResponse
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import Choices, Message, Usage

from workflows.gateway import offline


class OfflineDrafter(CustomLLM):
    """Answers without any network, deterministically."""

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """LiteLLM's entry point for custom providers."""
        messages = kwargs["messages"]
        text = offline.draft(messages)
        return ModelResponse(
            model="offline/extractive",
            choices=[Choices(message=Message(content=text), finish_reason="stop", index=0)],
            usage=Usage(
                prompt_tokens=sum(len(m["content"]) for m in messages) // 4,
                completion_tokens=len(text) // 4,
            ),
        )
