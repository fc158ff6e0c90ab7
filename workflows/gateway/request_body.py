"""Bodies of requests in OpenAI's chat-completions form, which LiteLLM takes too. Pure.

A request has messages and max_tokens, and may have a schema of the answer and tools. Providers take
fewer characters in a tool's name than we do, so names are exchanged on the way out and back.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from workflows.gateway.tool_calls import ToolCall

UNSENDABLE = re.compile(r"[^a-zA-Z0-9_-]")  # in a tool's name
LONGEST_NAME = 64
NO_PARAMETERS = {"type": "object", "properties": {}}

Request = dict[str, Any]


def request_body(model: str, request: Request) -> dict[str, Any]:
    """Return the body that asks a model, with tools and response_format only where there are."""
    names = sent_names(request)
    body = {
        "model": model,
        "messages": [_sent_message(message, names) for message in request["messages"]],
        "max_tokens": request["max_tokens"],
        "temperature": 0,
    }
    if tools := request.get("tools"):
        body["tools"] = [_sent_tool(tool, names) for tool in tools]
    if schema := request.get("schema"):
        body["response_format"] = response_format(schema)
    return body


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the ``response_format`` that asks for an answer of this schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def sent_names(request: Request) -> dict[str, str]:
    """Return the names under which a request's tools are sent, by their own names."""
    made: dict[str, str] = {}
    for tool in request.get("tools") or ():
        made[tool["name"]] = _sendable_name(tool["name"], made.values())
    return made


def with_own_names(calls: Iterable[ToolCall], request: Request) -> tuple[ToolCall, ...]:
    """Return calls with the tools' own names in place of those sent; an unknown name stays."""
    own = {sent: name for name, sent in sent_names(request).items()}
    return tuple(replace(call, name=own.get(call.name, call.name)) for call in calls)


def _sendable_name(name: str, taken: Iterable[str]) -> str:
    """Return a name that every provider takes, and no other tool of the request has."""
    plain = UNSENDABLE.sub("_", name)[:LONGEST_NAME]
    made, others, n = plain, set(taken), 1
    while made in others:
        n += 1
        made = f"{plain[: LONGEST_NAME - 5]}_{n}"
    return made


def _sent_tool(tool: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    about = {"name": names[tool["name"]], "parameters": tool.get("parameters") or NO_PARAMETERS}
    if tool.get("description"):
        about["description"] = tool["description"]
    return {"type": "function", "function": about}


def _sent_message(message: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a message with the names of its tool calls as they are sent."""
    calls = message.get("tool_calls")
    if not calls:
        return message
    return message | {"tool_calls": [_sent_call(call, names) for call in calls]}


def _sent_call(call: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    inner = call["function"]
    sent = names.get(inner["name"]) or _sendable_name(inner["name"], ())
    # A provider refuses a call without a name, even where a model made it.
    return call | {"function": inner | {"name": sent or "unknown"}}
