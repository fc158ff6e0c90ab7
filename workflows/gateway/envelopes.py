"""Envelopes of providers' answers: where the message is, its text, and how it ended. Pure.

Providers and the proxies before them disagree on the place of the text and on its type.
"""

import json
from typing import Any

from workflows.gateway.thoughts import without_thoughts

MOST_LEVELS = 6  # of nested envelopes and parts
ANSWERS = ("choices", "message", "content", "output", "output_text", "candidates", "response")
ERRORS = ("error", "errors", "detail")
WRAPPERS = ("data", "result", "response", "body")
REASONS = ("finish_reason", "stop_reason", "finishReason", "done_reason")
# Types of parts that are no answer. A tuple, because the type that is looked for may be anything.
THOUGHTS = ("thinking", "reasoning", "redacted_thinking")


def unwrap_answer(value: Any) -> Any:
    """Return the part of a value that has the answer: some servers wrap it in a list or a name."""
    for _ in range(3):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
            continue
        if not isinstance(value, dict) or any(value.get(n) for n in (*ANSWERS[:-1], *ERRORS)):
            return value
        inner = [value[n] for n in WRAPPERS if isinstance(value.get(n), dict | list)]
        if not inner:
            return value
        value = inner[0]
    return value


def find_message(answer: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return an answer's message, and the object that has it: the choice, or the answer itself."""
    for name in ("choices", "candidates"):
        first = answer.get(name)
        first = first[0] if isinstance(first, list) and first else None
        if isinstance(first, dict):
            message = first.get("message") or first.get("delta") or first.get("content")
            if isinstance(message, dict):
                parts = message.get("parts")
                return ({"content": parts} if isinstance(parts, list) else message), first
            said = message if isinstance(message, str) else first.get("text")
            return ({"content": said} if isinstance(said, str) else {}), first
    if isinstance(answer.get("message"), dict):
        return answer["message"], answer
    for name in ANSWERS[2:]:
        if isinstance(answer.get(name), str | list):
            return {"content": answer[name]}, answer
    return ({} if isinstance(answer.get("choices"), list) else None), answer


def content_text(content: Any) -> str:
    """Return the text of a message's content: a string, a list of parts, or a parsed object."""
    if isinstance(content, dict):
        return json.dumps(content, ensure_ascii=False)
    return without_thoughts(joined_parts(content))


def joined_parts(content: Any, level: int = 0) -> str:
    """Return the text of a content's parts as it was sent, without parts that hold thoughts."""
    if isinstance(content, str):
        return content
    if level > MOST_LEVELS:
        return ""
    if isinstance(content, list):
        return "".join(joined_parts(part, level + 1) for part in content)
    if not isinstance(content, dict) or content.get("type") in THOUGHTS or content.get("thought"):
        return ""
    if isinstance(content.get("input"), dict):  # a tool's arguments as a part
        return json.dumps(content["input"], ensure_ascii=False)
    inner = content.get("text") or content.get("content") or content.get("value")
    return joined_parts(inner, level + 1) if inner else ""


def ending_reason(around: dict[str, Any]) -> str:
    """Return why an answer ended, in the provider's word in lower case; empty where it's not said.

    ``around`` is the object that has the message.
    """
    found = next((around[n] for n in REASONS if isinstance(around.get(n), str)), "")
    details = around.get("incomplete_details")
    if isinstance(details, dict) and isinstance(details.get("reason"), str):
        found = details["reason"]
    return found.lower()
