"""Marks that let a provider cache the beginning of a prompt, at a tenth of its price. Pure.

Most providers cache prompts by themselves. Anthropic's models do where a mark ends what stays the
same (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching). Writing to the cache
costs a quarter more, so only what is asked again and again is marked: the rules, with the tools
before them, and in a conversation all that was said so far.
"""

from typing import Any

# Anthropic caches nothing shorter: 1,024 tokens of about four characters.
LEAST = 4_096
MARK = {"type": "ephemeral"}

Messages = list[dict[str, Any]]


def with_cache_marks(model: str, messages: Messages) -> Messages:
    """Return a prompt's messages with marks, where the model is one that needs them."""
    if "claude" not in model.lower():
        return messages
    marked = [_marked(one) if one["role"] == "system" else one for one in messages]
    if any(one["role"] == "assistant" for one in messages) and marked[-1]["role"] == "user":
        marked[-1] = _marked(marked[-1], length=sum(len(str(one)) for one in messages))
    return marked


def _marked(message: dict[str, Any], *, length: int | None = None) -> dict[str, Any]:
    """Return a message with a mark behind its text, if what lies before it is long enough."""
    text = message["content"]
    if not isinstance(text, str) or (len(text) if length is None else length) < LEAST:
        return message
    return message | {"content": [{"type": "text", "text": text, "cache_control": MARK}]}
