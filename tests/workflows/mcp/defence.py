"""Handrail's MCP client as mcp-defense-bench asks a defence: a real server serves each fixture.

A verdict says what the client itself did with one input. What people would see or decide counts
only where the page marks it: a tool that is off until somebody turns it on is off for a harmless
definition too.
"""

from collections.abc import Mapping
from typing import Any

from approvals.rules import schema_validation
from approvals.rules.closed_schema import closed
from portal.templatetags.words import plain
from tenants.errors import DomainError
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake
from tests.workflows.mcp.mcp_kit import look, send, settings_of
from workflows.mcp.settings import ServerPlace, mcp_settings
from workflows.mcp.turning_on import args_schema_of
from workflows.tools import ToolAsks, ToolFailed, ToolInDoubt

Verdict = dict[str, Any]
NOTHING: Verdict = {"detect": False, "enforce": False}
PLACEHOLDERS = {"string": "x", "number": 0, "integer": 0, "boolean": False, "array": []}


class Handrail:
    """Adapter of the benchmark. The types of fixture are those that reach an MCP client as such."""

    meta = {
        "tool": "handrail",
        "class": "client",
        "reproducible": True,
        "fixtureTypes": [
            "malicious-tool-definition",
            "benign-tool-definition",
            "definition-change",
            "input-required-result",
            "malicious-tool-result",
            "benign-tool-result",
            "tool-call",
            "tool-call-sequence",
        ],
    }

    def assess(self, fixture: Mapping[str, Any], case: Mapping[str, Any]) -> Verdict:
        """Serve a fixture and return whether the client marked it, and whether it refused it."""
        with McpFake() as server:
            allow(server.host)
            try:
                return _assess(server, fixture)
            except ToolAsks:
                return NOTHING  # a person reads the form
            except (DomainError, ToolFailed, ToolInDoubt) as error:
                # A tool that says that it failed is not a client that stops it.
                is_told = bool(fixture.get("result", {}).get("isError"))
                return (
                    NOTHING if is_told else {"detect": True, "enforce": True, "signal": str(error)}
                )


def _assess(server: McpFake, fixture: Mapping[str, Any]) -> Verdict:
    kind = fixture["type"]
    if kind.endswith("definition"):
        return _definition(server, fixture["tool"])
    if kind == "definition-change":
        return _change(server, fixture["before"], fixture["after"])
    if kind == "input-required-result":
        params = fixture["onRequest"]["params"]
        server.bend["tools/call"] = lambda *_: fixture["result"]
        return _called(server, {"name": params["name"]}, [params])
    if kind == "tool-call-sequence":
        return _called(server, {}, fixture["calls"])
    if "result" in fixture:
        server.bend["tools/call"] = lambda *_: fixture["result"]
    tool = fixture.get("tool") or {"name": fixture["call"]["name"]}
    call = fixture.get("call") or {"name": tool["name"], "arguments": _placeholders(tool)}
    return _called(server, tool, [call])


def _definition(server: McpFake, definition: Mapping[str, Any]) -> Verdict:
    """Look at a definition and turn it on, as it is put before a person."""
    settings = _turned_on(server, definition)
    words = mcp_settings(settings).tool.description
    is_marked = plain(words) != words
    return {"detect": is_marked, "enforce": False}


def _change(server: McpFake, before: Mapping[str, Any], after: Mapping[str, Any]) -> Verdict:
    """Turn a tool on, change it, and call it."""
    settings = _turned_on(server, before)
    server.tools = {after["name"]: _whole(after)}
    _call(settings, _placeholders(before))
    return NOTHING


def _called(server: McpFake, tool: Mapping[str, Any], calls: list[dict[str, Any]]) -> Verdict:
    """Make calls as a model would ask for them, and read what is answered."""
    for call in calls:
        given = tool if tool.get("name") == call["name"] else {"name": call["name"]}
        args = dict(call.get("arguments") or {})
        _call(_turned_on(server, _whole(given, args)), args)
    return NOTHING


def _turned_on(server: McpFake, definition: Mapping[str, Any]) -> dict[str, Any]:
    server.tools[definition["name"]] = _whole(definition)
    place = ServerPlace(address=server.url)
    settings = settings_of(look(place), definition["name"], place)
    schema_validation.check(args_schema_of(mcp_settings(settings).tool))
    return settings


def _whole(definition: Mapping[str, Any], args: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A definition with a schema; one that a fixture leaves out takes what its call gives."""
    schema = {"type": "object", "properties": {name: {} for name in args or {}}}
    return {"inputSchema": schema} | dict(definition)


def _call(settings: dict[str, Any], args: dict[str, Any]) -> None:
    """Make a call once its arguments fit, as for each call of an agent. Raises what stops it."""
    schema = closed(args_schema_of(mcp_settings(settings).tool))
    problem = next(schema_validation.errors(schema, args), None)
    if problem is not None:
        raise ToolFailed(problem.message)
    send(settings, args)


def _placeholders(definition: Mapping[str, Any]) -> dict[str, Any]:
    schema = definition.get("inputSchema") or {}
    shapes = schema.get("properties", {})
    return {name: _placeholder(shapes.get(name, {})) for name in schema.get("required", ())}


def _placeholder(shape: Mapping[str, Any]) -> Any:
    if options := shape.get("enum"):
        return options[0]
    return PLACEHOLDERS.get(str(shape.get("type", "string")), {})
