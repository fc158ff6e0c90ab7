"""Offline planner: makes the calls of a script, one a turn, in place of a model that plans. Pure.

The script is the step's own ``plan``, which is in the system message. Its arguments may hold
placeholders, as the offline drafter's template: ``[[request.order_id]]`` is a field of the request
and ``[[orders.find.email]]`` one of the newest answer of the tool ``orders.find``. An argument that
is one placeholder alone keeps its type; one that can't be filled is left out.
"""

import json
import re
from typing import Any

from workflows.gateway import offline
from workflows.gateway.tool_calls import ToolCall, raw_calls

MODEL = "offline/planner"
ALONE = re.compile(r"\[\[([^\[\]]{1,200})\]\]")
RESULT = re.compile(r"^<result>(.*)</result>$", re.DOTALL)

Messages = list[dict[str, Any]]


def next_turn(messages: Messages) -> tuple[str, tuple[ToolCall, ...]]:
    """Return what the planner says next: a text, or the next call of its script."""
    plan = offline.tagged_json(messages, "plan", [])
    made = [call for message in messages for call in raw_calls(message)]
    results = _results(messages)
    if len(made) < len(plan):
        wanted = plan[len(made)]
        args = _filled(wanted.get("args", {}), offline.request_of(messages), results)
        return "", (ToolCall(f"plan{len(made):05}", wanted["tool"], args),)
    return offline.draft(messages, results), ()


def _results(messages: Messages) -> dict[str, Any]:
    """Return the newest answer of each tool, by its name; what was refused has none."""
    names = {
        call.get("id"): call.get("function", {}).get("name")
        for message in messages
        for call in raw_calls(message)
    }
    found: dict[str, Any] = {}
    for message in messages:
        name = names.get(message.get("tool_call_id"))
        match = RESULT.match(str(message.get("content")))
        if message.get("role") == "tool" and name and match:
            found[name] = _body(match[1])
    return found


def _body(text: str) -> Any:
    """Return the body of a tool's answer; the answer where it has none, {} where it is no JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value["body"] if isinstance(value, dict) and "body" in value else value


def _filled(value: Any, request: dict[str, Any], results: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        filled = {name: _filled(inner, request, results) for name, inner in value.items()}
        return {name: inner for name, inner in filled.items() if inner is not None}
    if isinstance(value, list):
        return [_filled(inner, request, results) for inner in value]
    if not isinstance(value, str):
        return value
    if match := ALONE.fullmatch(value.strip()):
        return _value(match[1].strip(), request, results)
    return ALONE.sub(lambda m: str(_value(m[1].strip(), request, results) or ""), value)


def _value(path: str, request: dict[str, Any], results: dict[str, Any]) -> Any:
    """Return the value at a path; tools' names hold dots, so the longest that fits counts."""
    known = {"request": request, **results}
    name = max((one for one in known if path.startswith(f"{one}.")), key=len, default="")
    value: Any = known.get(name)
    for part in path.removeprefix(f"{name}.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
