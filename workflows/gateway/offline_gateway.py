"""The offline drafter as a model: ``offline/extractive``. No network, deterministic."""

import asyncio
from typing import Any

from workflows.gateway import offline
from workflows.gateway.completion import Completion

CHARACTERS_A_TOKEN = 4


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Draft in a thread: it computes, and the loop carries everybody's calls."""
    messages = request["messages"]
    text = await asyncio.to_thread(offline.draft, messages)
    read = sum(len(message["content"]) for message in messages)
    return Completion(
        text=text,
        model="offline/extractive",
        tokens_in=read // CHARACTERS_A_TOKEN,
        tokens_out=len(text) // CHARACTERS_A_TOKEN,
        cost_micros=0,
    )
