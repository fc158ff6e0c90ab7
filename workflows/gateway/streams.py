"""Streams of completion chunks, put together into the answer that was not streamed. Pure.

A stream may come without being asked for: some servers do nothing else.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from workflows.gateway.envelopes import ERRORS, ending_reason, find_message, joined_parts

FIELDS = ("data:", "event:", "id:", "retry:", ":")  # that a line of a stream begins with
DONE = "[DONE]"
LINE_END = re.compile(r"\r\n|\n|\r")  # JSON may hold those that ``splitlines`` knows besides


class HalfAnswer(Exception):
    """Stream that broke off: its last chunk, which says how the answer ended, never came."""


def is_stream(text: str) -> bool:
    """Whether a body is a stream of server-sent events."""
    return text.startswith(FIELDS)


def read_stream(text: str) -> dict[str, Any]:
    """Return a streamed body as one answer. Raises HalfAnswer, and ValueError for no JSON."""
    events = _events(text)
    is_done = DONE in events
    chunks = []
    for n, data in enumerate(events):
        try:
            chunks.append({} if data == DONE else decode_json(data))
        except ValueError:
            if n < len(events) - 1:
                raise
            raise HalfAnswer from None  # it broke off within this event
    return join_chunks(chunks, is_done=is_done)


def join_chunks(chunks: Iterable[Any], *, is_done: bool = False) -> dict[str, Any]:
    """Return chunks as one answer. Raises HalfAnswer without a chunk that ends it.

    ``is_done``: the stream itself said that it came to its end.
    """
    whole: dict[str, Any] = {}
    message = _JoinedMessage()
    reason = ""
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        whole |= {name: item for name, item in chunk.items() if item}
        delta, around = find_message(chunk)
        message.add(delta or {})
        reason = ending_reason(around) or reason
        is_done = is_done or chunk.get("done") is True
    # An error in the middle ends a stream too, whatever was said before.
    reason = "error" if any(whole.get(name) for name in ERRORS) else reason
    if not (reason or is_done):
        raise HalfAnswer
    return whole | {"choices": [{"message": message.whole(), "finish_reason": reason}]}


def decode_json(text: str) -> Any:
    """Return a JSON text as its value. Raises ValueError and RecursionError."""
    return json.loads(text, parse_int=_parse_int)


def _parse_int(text: str) -> int | float:
    """Return a whole number; infinity for one with more digits than ``int`` reads."""
    return int(text) if len(text) < 400 else math.inf


def _events(text: str) -> list[str]:
    """Return the data of a stream's events. Each is one line, as all providers send it."""
    lines = LINE_END.split(text)
    found = (line.removeprefix("data:").strip() for line in lines if line.startswith("data:"))
    return [data for data in found if data]


class _JoinedMessage:
    """Message whose parts arrive in deltas."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {"content": [], "refusal": []}
        self._calls: list[dict[str, Any]] = []
        self._by_index: dict[Any, dict[str, Any]] = {}

    def add(self, delta: dict[str, Any]) -> None:
        """Add what a chunk has."""
        self._texts["content"].append(joined_parts(delta.get("content")))
        if isinstance(delta.get("refusal"), str):
            self._texts["refusal"].append(delta["refusal"])
        calls = delta.get("tool_calls")
        calls = calls if isinstance(calls, list) else [{"function": delta.get("function_call")}]
        for call in calls:
            if isinstance(call, dict) and isinstance(call.get("function"), dict):
                self._add_call(call)

    def whole(self) -> dict[str, Any]:
        """Return the message as it would have come in one piece."""
        made: dict[str, Any] = {name: "".join(parts) for name, parts in self._texts.items()}
        return made | ({"tool_calls": self._calls} if self._calls else {})

    def _add_call(self, part: dict[str, Any]) -> None:
        function, call = part["function"], self._call_of(part)
        called = call["function"]
        call["id"] = call["id"] or part.get("id") or ""
        called["name"] = called["name"] or function.get("name") or ""
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # whole, as Ollama sends it
            called["arguments"] = json.dumps(arguments)
        elif isinstance(arguments, str):
            called["arguments"] += arguments

    def _call_of(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return the call that a delta belongs to, made where the delta begins it."""
        index = part["index"] if isinstance(part.get("index"), int) else None
        found, given = self._by_index.get(index), part.get("id")
        if found is None or self._is_another(found, index, given, part["function"]):
            found = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
            self._by_index[index] = found
            self._calls.append(found)
        return found

    @staticmethod
    def _is_another(found: dict[str, Any], index: int | None, given: Any, called: Any) -> bool:
        """Whether a delta begins another call: some servers give all calls one index, or none."""
        if given and found["id"]:
            return bool(given != found["id"])
        return index is None and bool(called.get("name") and found["function"]["name"])
