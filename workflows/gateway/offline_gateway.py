"""Models ``offline/…``: the offline drafter under any name, without network, deterministic.

``offline/planner`` follows the script of an agent step.
"""

import asyncio
from typing import Any

from workflows.gateway import offline, offline_planner
from workflows.gateway.completion import Completion
from workflows.gateway.usage import Usage

CHARACTERS_A_TOKEN = 4


async def complete(model: str, request: dict[str, Any], *, api_key: str | None) -> Completion:
    """Draft an answer offline and return it as a completion; the planner alone calls tools."""
    # In a thread, because drafting computes and would block the other calls on the event loop.
    messages = request["messages"]
    if model == offline_planner.MODEL:
        text, calls = await asyncio.to_thread(offline_planner.next_turn, messages)
    else:
        text, calls = await asyncio.to_thread(offline.draft, messages), ()
    read = sum(len(message.get("content") or "") for message in messages)
    return Completion(
        text=text,
        model=model,
        usage=Usage(uncached=read // CHARACTERS_A_TOKEN, answer=len(text) // CHARACTERS_A_TOKEN),
        cost_micros=0,
        tool_calls=calls,
    )
