"""Looks and calls of MCP servers as a worker makes them, on a loop and a session of their own."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from approvals.models import Tool
from tenants.actors import Actor
from tests.fakes.mcp import McpFake
from workflows.mcp import connection
from workflows.mcp.offers import ServerOffer
from workflows.mcp.servers import offer_seen
from workflows.mcp.settings import ServerPlace
from workflows.mcp.turning_on import OfferDeclaration, turn_on_tools
from workflows.models import McpServer
from workflows.tools import ToolRequest, egress, mcp


def alone[T](wanted: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread: a browser's test may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _with_session(wanted)).result()


async def _with_session[T](wanted: Coroutine[Any, Any, T]) -> T:
    egress._session.cache_clear()
    try:
        return await wanted
    finally:
        await egress._session().close()
        egress._session.cache_clear()


def look(place: ServerPlace, **more: Any) -> ServerOffer:
    """What a server offers now."""
    given = {"credential": "", "hidden": [], "issuer": ""} | more
    return alone(connection.look(place, **given))


def settings_of(offer: ServerOffer, name: str, place: ServerPlace, **more: Any) -> dict[str, Any]:
    """The settings of a tool that is turned on as it is offered."""
    tool = offer.tool(name)
    assert tool is not None
    return {
        "server": "shop",
        "place": place.model_dump(),
        "revision": offer.revision,
        "instructions": offer.instructions,
        "issuer": offer.issuer,
        "offered": tool.as_json(),
        "pin": offer.pin_of(tool),
    } | more


def turned_on(server: McpFake, name: str, **more: Any) -> dict[str, Any]:
    """The settings of a fake's tool, as it is offered now."""
    place = ServerPlace(address=server.url, **more)
    return settings_of(look(place), name, place)


def send(
    settings: dict[str, Any], args: dict[str, Any], *, credential: str = "", **more: Any
) -> dict[str, Any]:
    """Carry a call out."""
    hidden = [credential] if credential else []
    resolved = {"tool": settings, "credential": credential, "hidden": hidden}
    request = ToolRequest("mcp", resolved, args, "the-key", **({"timeout": 10.0} | more))
    return alone(mcp.carry_out(request))


def turn_on(
    server: McpServer, *names: str, actor: Actor, effect: str = "read", **more: Any
) -> dict[str, Tool]:
    """Turn tools of a server on as it was last seen."""
    server = McpServer.objects.get(pk=server.pk)
    offer = offer_seen(server)
    kind = {"kind": "edit"} if effect == "write" else {}
    declared = []
    for name in names:
        offered = offer.tool(name)
        assert offered is not None
        given = {"title": f"Title of {name}", "effect": effect, **kind} | more
        declared.append(OfferDeclaration(offered=offered, name=f"{server.name}.{name}", **given))
    saved = turn_on_tools(server, declared, server.seen_pin, actor=actor)
    return dict(zip(names, saved, strict=True))
