"""Tool calls in a model's answer, in any of the shapes that providers use. Pure.

Nothing odd in a call is an error here: the call is passed on with what is wrong with it, because
the model can be told and may call anew.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from workflows.gateway import json_text

NO_OBJECT = "The arguments are no JSON object."
PART_TYPES = ("tool_use", "function_call")  # types of the parts of a content that are calls
ARGUMENTS = ("arguments", "input", "args")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Tool call that a model asks for. ``name`` is as the model wrote it, and may be unknown.

    ``problem`` says why there are no arguments; the call must not be carried out then.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def calls_in(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Return the tool calls of a message, with the ids that it gives; empty for a missing id."""
    return tuple(_read_call(call) for call in raw_calls(message))


def raw_calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message's tool calls as the provider sent them."""
    calls, content = message.get("tool_calls"), message.get("content")
    found = calls if isinstance(calls, list) else []
    if not found and isinstance(content, list):
        found = [part for part in content if is_call(part)]
    if not found and message.get("function_call"):  # the older form, of one call
        found = [{"function": message["function_call"]}]
    return [call for call in found if isinstance(call, dict)]


def is_call(part: Any) -> bool:
    """Whether a part of a message's content is a tool call."""
    return isinstance(part, dict) and (part.get("type") in PART_TYPES or "functionCall" in part)


def with_own_ids(
    calls: Iterable[ToolCall], messages: Iterable[dict[str, Any]]
) -> tuple[ToolCall, ...]:
    """Return calls that each have an id of their own, also among those of the messages before.

    A result names its call by the id, and some servers give none or count from 0 in each answer.
    """
    taken = {str(call.get("id")) for message in messages for call in raw_calls(message)}
    made: list[ToolCall] = []
    for call in calls:
        own = call.id if call.id and call.id not in taken else _free_id(taken)
        taken.add(own)
        made.append(call if own == call.id else replace(call, id=own))
    return tuple(made)


def _free_id(taken: set[str]) -> str:
    # Nine letters and digits, which is the only form that all providers take back.
    return next(made for n in range(len(taken) + 1) if (made := f"call{n:05}") not in taken)


def _read_call(call: dict[str, Any]) -> ToolCall:
    inner = call.get("function") or call.get("functionCall") or call.get("custom") or call
    inner = inner if isinstance(inner, dict) else {}
    name, given = inner.get("name"), call.get("call_id") or call.get("id") or inner.get("id")
    arguments, problem = _read_arguments(next((inner[n] for n in ARGUMENTS if inner.get(n)), None))
    return ToolCall(
        id=given if isinstance(given, str) else "",
        name=name if isinstance(name, str) else "",
        arguments=arguments,
        problem=problem,
    )


def _read_arguments(given: Any) -> tuple[dict[str, Any], str]:
    """Return a call's arguments, and what is wrong with them."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return {}, ""  # a tool without parameters is called with nothing
    try:
        text = given if isinstance(given, str) else json.dumps(given)
        return json_text.parse_object(text), ""
    except json_text.NoObject as error:
        return {}, NO_OBJECT if str(error) == json_text.NO_JSON else str(error)
    except (ValueError, RecursionError):
        return {}, NO_OBJECT
