"""Connections to MCP servers: one look at what is offered, or one call of a pinned tool.

The SDK is imported here, where the first server is called, and in a thread.
"""

import asyncio
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tenants.errors import DomainError
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.mcp.commands import server_command
from workflows.mcp.offers import ServerOffer, changes_between
from workflows.mcp.settings import McpToolSettings, ServerPlace
from workflows.mcp.wire import Wire, conversation_failure
from workflows.tools import ToolFailed, ToolRequest

SECONDS = 30.0  # for a whole conversation over HTTP
COMMAND_SECONDS = 60.0  # a process has to start first
BEARER = "Bearer "
LARGEST_HEADER = 8_000  # characters


@dataclass(frozen=True, slots=True)
class PinnedCall:
    """Call of a pinned tool, and the answers of a person to what its server asked before."""

    settings: McpToolSettings
    credential: str
    hidden: list[str]
    resumed: dict[str, Any] | None = None


async def look(
    place: ServerPlace,
    credential: str,
    hidden: list[str],
    issuer: str,
    is_connected: bool = False,
) -> ServerOffer:
    """Return what a server offers now. Raises ToolFailed."""
    request = ToolRequest("mcp", {"is_connected": is_connected}, {}, "", acts=False)
    wire = Wire()
    try:
        sdk, destination = await _prepared(place, credential, "")
        async with sdk.open_session(destination, wire, _seconds(place, None)) as session:
            found: ServerOffer = await sdk.offer_of(session, place.text, issuer)
            return found
    except Exception as error:
        raise conversation_failure(wire, request, error, hidden) from error


async def call(request: ToolRequest, pinned: PinnedCall) -> dict[str, Any]:
    """Make a call, if the server offers exactly the pinned tool, and return its result as JSON.

    Raises ToolFailed where the tool did not act, ToolInDoubt where it may have acted.
    """
    settings, wire = pinned.settings, Wire()
    place = settings.place
    try:
        sdk, destination = await _prepared(place, pinned.credential, settings.revision)
        async with sdk.open_session(destination, wire, _seconds(place, request.timeout)) as session:
            offer = await sdk.offer_of(session, place.text, settings.issuer)
            check_pin(settings, offer)
            wire.refusal = None  # of the greeting, which older servers refuse
            found: dict[str, Any] = await sdk.call_tool(
                session, settings.tool.name, request.args, pinned.resumed
            )
    except Exception as error:
        raise conversation_failure(wire, request, error, pinned.hidden) from error
    return found


def check_pin(settings: McpToolSettings, offer: ServerOffer) -> None:
    """Raise ToolFailed unless the server offers exactly the tool that was turned on."""
    kept, now = settings.tool, offer.tool(settings.tool.name)
    if now is None:
        said = f"{settings.server} offers no tool called {kept.name} any more, so it is not called."
        raise ToolFailed(said, cause=Cause.TOOL_CHANGED)
    if offer.pin_of(now) == settings.pin:
        return
    changed = [one.part for one in changes_between(settings.offer, kept, offer, now)]
    parts = ", ".join(changed) or "something"
    said = f"{settings.server} has changed {parts} since {kept.name} was turned on, so it is not "
    raise ToolFailed(f"{said}called until a person has looked at it.", cause=Cause.TOOL_CHANGED)


def _seconds(place: ServerPlace, wanted: float | None) -> float:
    return wanted or (COMMAND_SECONDS if place.command else SECONDS)


async def _prepared(place: ServerPlace, credential: str, revision: str) -> tuple[ModuleType, Any]:
    """Return the module that speaks by the SDK, and where it speaks to. Raises ToolFailed."""
    # In a thread, because the first import takes seconds and other calls are on this loop.
    sdk = await asyncio.to_thread(_sdk)
    try:
        if place.command:
            environment = sdk.stdio_transport.environment_of(place.carrier, credential)
            command = server_command(place.command)
            return sdk, sdk.Destination(command=command, environment=environment, revision=revision)
        headers = _headers(place, credential)
        return sdk, sdk.Destination(place.address, headers, revision=revision)
    except DomainError as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error


def _sdk() -> ModuleType:
    from workflows.mcp import session

    return session


def _headers(place: ServerPlace, credential: str) -> dict[str, str]:
    if not credential:
        return {}
    if place.carrier:
        return {place.carrier: credential}
    is_whole = credential.startswith(BEARER)
    return {"Authorization": credential if is_whole else f"{BEARER}{credential}"}
