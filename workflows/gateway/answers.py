"""Answers of model providers, in any of the envelopes they use, read into one shape. Pure.

Providers disagree on the types of the counts and on the shape of an error too. An odd value counts
as missing here, so that an answer that was paid for is never lost over it.
"""

import json
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from workflows.gateway import streams
from workflows.gateway.envelopes import (
    ERRORS,
    MOST_LEVELS,
    content_text,
    ending_reason,
    find_message,
    unwrap_answer,
)
from workflows.gateway.tool_calls import ToolCall, calls_in, is_call, raw_calls
from workflows.gateway.usage import Usage, read_usage, token_count

NO_COMPLETION = "The model's server answered with something that is no completion."
BROKE_OFF = "The model's answer broke off."
LONGEST_ERROR = 500  # characters of a provider's error that are kept
CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}
FILTERED = {"content_filter", "safety", "prohibited_content", "blocklist", "recitation", "refusal"}
# Words of an error without a status, and the HTTP status they stand for.
STATUSES = {
    "rate limit": 429,
    "rate_limit": 429,
    "too many requests": 429,
    "overloaded": 503,
    "unavailable": 503,
    "server_error": 503,
    "internal error": 503,
    "timeout": 408,
    "timed out": 408,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Text of a provider's answer, with its model and its tokens.

    ``provider`` is who served it, where a server that asks others says so. ``finish`` is length or
    content_filter where the text was cut off. ``refusal`` has the model's words where it refused.
    """

    text: str
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    finish: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    provider: str = ""


class ErrorAnswered(Exception):
    """Error that a provider answered with. ``http_status`` is its status, as far as it is known.

    ``may_cost``: it came after a part of an answer.
    """

    def __init__(self, message: str, http_status: int | None, *, may_cost: bool = False) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.may_cost = may_cost


class UnreadableAnswer(Exception):
    """Answer that can't be read: no known envelope, no JSON, or half an answer (``is_half``)."""

    def __init__(self, message: str, *, is_half: bool = False) -> None:
        super().__init__(message)
        self.is_half = is_half


def parse_answer(body: bytes) -> Any:
    """Return a body as JSON, with the chunks of a stream joined. Raises UnreadableAnswer."""
    text = body.decode(json.detect_encoding(body), "replace").strip()
    try:
        return streams.read_stream(text) if streams.is_stream(text) else streams.decode_json(text)
    except streams.HalfAnswer as error:
        raise UnreadableAnswer(BROKE_OFF, is_half=True) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer("The model's server did not answer with JSON.") from error


def read(value: Any, *, has_tools: bool = False) -> Reading:
    """Return the reading of a provider's answer. Raises ErrorAnswered and UnreadableAnswer.

    ``has_tools``: the model was given tools, so that a tool call is one, and no form of the text.
    """
    answer = unwrap_answer(value)
    if not isinstance(answer, dict):
        raise UnreadableAnswer(NO_COMPLETION)
    message, around = find_message(answer)
    text, calls = _text_and_calls(message or {}, has_tools)
    reason = ending_reason(around)
    is_empty = not (text.strip() or calls)
    if is_empty or reason == "error":
        found = _error_answered(answer, around, is_any=message is None)
        if found:
            raise ErrorAnswered(*found, may_cost=not is_empty)
    if message is None:
        raise UnreadableAnswer(NO_COMPLETION)
    counts = answer.get("usage") or answer.get("usageMetadata") or answer
    model, provider = (answer.get(name) for name in ("model", "provider"))
    return Reading(
        text=text,
        model=model[:200] if isinstance(model, str) else "",
        usage=read_usage(counts),
        finish="length" if reason in CUT else "content_filter" if reason in FILTERED else "",
        refusal=_refusal(message) if is_empty else "",
        tool_calls=calls,
        provider=provider[:80] if isinstance(provider, str) else "",
    )


def _text_and_calls(message: dict[str, Any], has_tools: bool) -> tuple[str, tuple[ToolCall, ...]]:
    content = message.get("content")
    if has_tools:
        if isinstance(content, list):
            content = [part for part in content if not is_call(part)]
        return content_text(content), calls_in(message)
    text = content_text(content)
    # Some models answer a response format with a tool call and no text.
    return (text if text.strip() else _tool_call_arguments(message)), ()


def error_in(value: Any, level: int = 0) -> tuple[str, int | None] | None:
    """Return the words of an error in any envelope and its status; None without an error."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str) and value.strip():
        return value[:LONGEST_ERROR], _status_of_words(value)
    if not isinstance(value, dict) or level > MOST_LEVELS:
        return None
    for name in ERRORS:
        if value.get(name) and (found := error_in(value[name], level + 1)):
            return found[0], _http_status(value) or found[1]
    said = next((value[n] for n in ("message", "msg", "title") if _is_words(value.get(n))), None)
    if said is None:
        return (json.dumps(value)[:LONGEST_ERROR], _http_status(value)) if level and value else None
    kind = " ".join(str(value.get(n) or "")[:100] for n in ("type", "code", "status"))
    about = value.get("param")
    more = f" ({about[:60]})" if _is_words(about) and about not in said else ""
    status = _http_status(value) or _status_of_words(f"{kind} {said}")
    return said[:LONGEST_ERROR] + more, status


def _is_words(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _tool_call_arguments(message: dict[str, Any]) -> str:
    """Return the arguments of a message's tool call, which some models send in place of a text."""
    called = next((call.get("function") for call in raw_calls(message)), None)
    args = called.get("arguments") if isinstance(called, dict) else None
    return content_text(args) if isinstance(args, str | dict) else ""


def _refusal(message: dict[str, Any]) -> str:
    parts = message.get("content")
    more = message.get("provider_specific_fields")  # where LiteLLM puts it
    said = [message.get("refusal"), more.get("refusal") if isinstance(more, dict) else None]
    if isinstance(parts, list):
        said += [part.get("refusal") for part in parts if isinstance(part, dict)]
    return next((text.strip()[:LONGEST_ERROR] for text in said if _is_words(text)), "")


def _error_answered(
    answer: dict[str, Any], around: dict[str, Any], *, is_any: bool
) -> tuple[str, int | None] | None:
    """Return the error in an answer, None without one. ``is_any``: any words in it are an error."""
    is_error = answer.get("object") == "error" or answer.get("type") == "error"
    for part in (answer, around):
        if is_error or any(part.get(name) for name in ERRORS):
            found = error_in(part)
            if found:
                return found
    return error_in(answer) if is_any else None


def _http_status(error: dict[str, Any]) -> int | None:
    """Return the HTTP status in the fields of an error; None where there is none."""
    for name in ("status", "status_code", "http_status", "code"):
        found = token_count(error.get(name))
        if 400 <= found < 600:
            return found
    return None


def _status_of_words(words: str) -> int | None:
    low = words.lower()
    return next((status for said, status in STATUSES.items() if said in low), None)
