"""Looks at MCP servers: a worker reads what one offers, and switches off each tool that changed.

A look is made when a person asks for it, when a call found a tool changed, and each day.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from approvals.models import Tool
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from tenants.models import Secret, Tenant
from tenants.scope import current_tenant_id
from workflows.exceptions.causes import Cause
from workflows.mcp import connection
from workflows.mcp.offers import OfferedTool, ServerOffer, changes_between
from workflows.mcp.servers import (
    LOOK,
    offer_seen,
    server_place,
    servers,
    switch_off,
    tools_of_server,
)
from workflows.mcp.settings import ServerPlace, mcp_settings
from workflows.models import McpServer
from workflows.oauth import renewing
from workflows.tools import ToolFailed, mcp

SWITCHED_OFF = "mcp.switched_off"  # handled by the portal, which writes to the staff
EVERY = timedelta(days=1)
AGAIN = timedelta(seconds=2)  # with a token that is being renewed
GONE = "Its server offers it no more."
LONGEST_PROBLEM = 500  # characters


def register() -> None:
    """Register the handler of looks."""
    outbox.register(LOOK, outbox.FunctionHandler(look_at_server, note_look_failure))


def look_at_server(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``mcp.look``: return the job that asks a server what it offers."""
    server = McpServer.objects.filter(pk=claim.object_id).first()
    if server is None:
        return None
    place = server_place(server)
    if place.secret and (wait := renewing.delay_for(place.secret)):
        return outbox.Postpone(wait)
    try:
        kept = Secret.objects.filter(name=place.secret).values_list("name", flat=True)
        tenant = Tenant.objects.get(pk=current_tenant_id())
        mcp.check_reachable(place, tenant, frozenset(kept))
        given = mcp.credential_of(place)
    except DomainError as error:
        _store_problem(server, error.message)
        return outbox.Postpone(EVERY)
    return LookJob(claim, server.pk, place, server.issuer, given, clock.now())


@dataclass(frozen=True, slots=True)
class LookJob:
    """Job of one look at a server. ``given`` is its credential, and what may not be repeated."""

    claim: outbox.Claim
    server_id: UUID
    place: ServerPlace
    issuer: str
    given: dict[str, Any] = field(repr=False)
    began_at: datetime

    async def perform(self) -> ServerOffer | ToolFailed:
        """Ask the server, and return what it offers, or why that is not known."""
        try:
            return await self._look(self.given["credential"])
        except ToolFailed as error:
            if not error.is_unauthorized or not self.given["former"]:
                return error
        try:
            return await self._look(self.given["former"]["credential"])
        except ToolFailed as error:
            return error

    async def _look(self, credential: str) -> ServerOffer:
        hidden, is_connected = self.given["hidden"], self.given["is_connected"]
        return await connection.look(self.place, credential, hidden, self.issuer, is_connected)

    def store_result(self, outcome: object) -> None:
        """Store what the server offers, and switch off what a person did not see so."""
        server = McpServer.objects.select_for_update().get(pk=self.server_id)
        if server_place(server) != self.place:
            schedule.set_due(LOOK, server.pk, clock.now())  # it was moved meanwhile
        elif isinstance(outcome, ServerOffer):
            store_offer(server, outcome)
        elif _is_renewed(server, outcome, self.began_at):
            schedule.set_due(LOOK, server.pk, clock.now() + AGAIN)
            return
        else:
            _store_problem(server, str(outcome))
        if server_place(server) == self.place:
            schedule.set_due(LOOK, server.pk, clock.now() + EVERY)


def _is_renewed(server: McpServer, outcome: object, asked_at: datetime) -> bool:
    """Return whether a look is made again with a new token, as the former was refused."""
    if getattr(outcome, "cause", None) is not Cause.TOKEN_REFUSED:
        return False
    return renewing.renew_for_look(server.secret, asked_at)


def store_offer(server: McpServer, offer: ServerOffer) -> None:
    """Store an offer as seen, and switch off each tool that is not as it was turned on."""
    pin, now = offer.pin(), clock.now()
    is_new = server.seen_pin not in ("", pin)
    McpServer.objects.filter(pk=server.pk).update(
        seen=offer.as_json(),
        seen_pin=pin,
        looked_at=now,
        worked_at=now,
        look_asked_at=None,
        problem="",
    )
    off = []
    for name, tool in tools_of_server(server).items():
        if tool.enabled and (why := difference_of(tool, offer, offer.tool(name))):
            switch_off(tool, actor=SYSTEM, why=why)
            off.append(tool.name)
    if off:
        outbox.enqueue(SWITCHED_OFF, server.pk)
    if is_new:
        was = offer_seen(server)
        before, after = ({"tools": [one.name for one in found.tools]} for found in (was, offer))
        record(Verb.SERVER_DIFFERS, server, actor=SYSTEM, before=before, after=after | {"off": off})


def differences_of(server: McpServer) -> list[tuple[Tool, str]]:
    """Return the tools of a server that are off and not as it was last seen, each with why."""
    offer = offer_seen(server)
    found = [
        (tool, difference_of(tool, offer, offer.tool(name)))
        for name, tool in tools_of_server(server).items()
        if not tool.enabled
    ]
    return [(tool, why) for tool, why in found if why]


def difference_of(tool: Tool, offer: ServerOffer, now: OfferedTool | None) -> str:
    """Return what of a tool is not as a person turned it on, in a sentence; empty for nothing."""
    settings = mcp_settings(tool.settings)
    if now is None:
        return GONE
    if offer.pin_of(now) == settings.pin:
        return ""
    changed = [one.part for one in changes_between(settings.offer, settings.tool, offer, now)]
    return f"Not as it was turned on: {', '.join(changed)}."


def look_after_change(kind: str, name: str, problem: str) -> None:
    """Request a look at a tool's server where a call found that the tool has changed."""
    if kind != "tool" or getattr(problem, "cause", None) is not Cause.TOOL_CHANGED:
        return
    named = list(Tool.objects.filter(name=name).values_list("settings__server", flat=True))
    for server in servers().filter(name__in=named):
        schedule.set_due(LOOK, server.pk, clock.now())


def _store_problem(server: McpServer, problem: str) -> None:
    McpServer.objects.filter(pk=server.pk).update(
        looked_at=clock.now(), look_asked_at=None, problem=problem[:LONGEST_PROBLEM]
    )


def note_look_failure(claim: outbox.Claim, error: str) -> None:
    """Store the problem of a look that failed again and again, and look again later."""
    server = McpServer.objects.filter(pk=claim.object_id).first()
    if server is not None:
        _store_problem(server, f"What it offers could not be stored: {error[:300]}")
        schedule.set_due(LOOK, server.pk, clock.now() + EVERY)
