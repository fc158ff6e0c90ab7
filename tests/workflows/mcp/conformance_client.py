"""The client under test of the official conformance suite: our look and our calls, nothing else.

    python -m tests.workflows.mcp.conformance_client http://localhost:1234/mcp

The suite says in the environment which scenario runs. Each tool of its server is pinned as it is
offered and called; a form is answered as a person would, and the call made once more.
"""

import asyncio
import json
import os
import sys
from typing import Any

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from tests.workflows.mcp import conformance_sign_in as signing  # noqa: E402
from tests.workflows.mcp.mcp_kit import settings_of  # noqa: E402
from workflows.mcp import connection, questions  # noqa: E402
from workflows.mcp.settings import ServerPlace  # noqa: E402
from workflows.tools import ToolAsks, ToolFailed, ToolInDoubt, ToolRequest, egress, mcp  # noqa: E402

settings.ALLOWED_PRIVATE_HOSTS.extend(signing.loopback())
# What the scenarios' checks are about; anything else gets a value of its kind.
VALUES: dict[str, Any] = {"string": "x", "number": 5, "integer": 5, "boolean": True}
ROUNDS = 5


def planned_calls() -> list[dict[str, Any]]:
    """The calls that the suite asks for, each with a name and arguments; none where it is open."""
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    return list(context.get("toolCalls", []))


def some_args(schema: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the kinds that a tool wants."""
    found = {}
    for name, shape in schema.get("properties", {}).items():
        kind = shape.get("type", "string")
        found[name] = shape.get("enum", [VALUES.get(kind, "x")])[0]
    return found


def filled(asked: dict[str, Any]) -> dict[str, Any]:
    """The answers of a person who fills every field in."""
    given: dict[str, list[str]] = {}
    for question in questions.questions_in(asked):
        for one in question.fields:
            first = one.options[0][0] if one.options else {"boolean": "on"}.get(one.kind, "5")
            given[one.name] = [one.initial or first]
    return questions.read_answers(asked, given)


async def carry(pinned: dict[str, Any], args: dict[str, Any], token: str) -> None:
    """Call a tool, and answer what its server asks."""
    resolved, resumed = {"tool": pinned, "credential": token, "hidden": []}, None
    for _ in range(ROUNDS):
        request = ToolRequest("mcp", resolved, args, "key", acts=False, resumed=resumed)
        try:
            print(await mcp.carry_out(request))
            return
        except ToolAsks as asks:
            resumed = {"answers": filled(asks.questions), "state": asks.state}
        except (ToolFailed, ToolInDoubt) as error:
            print(f"{pinned['offered']['name']}: {error}", file=sys.stderr)
            return


async def main() -> None:
    place = ServerPlace(address=sys.argv[-1])
    try:
        token = ""
        if os.environ.get("MCP_CONFORMANCE_SCENARIO", "").startswith("auth/"):
            token = await signing.token_for(place.address)
        offer = await connection.look(place, token, [], "")
        planned = planned_calls()
        names = [one["name"] for one in planned] or [tool.name for tool in offer.tools]
        for number, name in enumerate(names):
            tool = offer.tool(name)
            if tool is None:
                continue
            args = planned[number].get("arguments") if planned else some_args(tool.input_schema)
            if "schema" in tool.input_schema.get("properties", {}):
                # It compares the schema that another of its tools has with what we kept of it.
                other = next(one for one in offer.tools if one.name != name)
                args = {"schema": other.input_schema}
            await carry(settings_of(offer, name, place), args or {}, token)
    finally:
        await egress._session().close()


asyncio.run(main())
