"""MCP servers of a tenant: add and change them, and request a look at what one offers."""

import re
from typing import Any

from django.db.models import F, QuerySet

from approvals.models import Tool
from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.models import OAuthConnection, Secret, Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from workflows.mcp.offers import ServerOffer
from workflows.mcp.settings import ServerPlace, check_place
from workflows.models import McpServer
from workflows.oauth.storing import drop_credentials, locked_connection, save_fields
from workflows.tools import mcp

LOOK = "mcp.look"
ADAPTER = mcp.NAME
PLACE = ("address", "command", "secret", "carrier")
CHANGEABLE = ("title", *PLACE)
NAME = re.compile(r"[a-z][a-z0-9_]{0,19}")


def servers() -> QuerySet[McpServer]:
    """Return the tenant's servers by name."""
    return McpServer.objects.order_by("name")


def get_server(name: str) -> McpServer:
    """Return a server by its name. Raises NotFound."""
    return get_or_not_found(servers(), "server", name=name)


def server_place(server: McpServer) -> ServerPlace:
    """Return where a server is, and what goes along to it."""
    return ServerPlace(**{name: getattr(server, name) for name in PLACE})


def offer_seen(server: McpServer) -> ServerOffer:
    """Return what a server offered at the last look that worked; nothing before the first."""
    return ServerOffer.from_json(server.seen)


def tools_of_server(server: McpServer) -> dict[str, Tool]:
    """Return the tools that were made of a server's offer, by the names the server gives them."""
    found = Tool.objects.filter(adapter=ADAPTER, settings__server=server.name).order_by("name")
    return {str(tool.settings.get("offered", {}).get("name")): tool for tool in found}


def add_server(*, name: str, actor: Actor, **fields: Any) -> McpServer:
    """Add a server and request the first look at it. Nothing of it is called before a person chose.

    Raises Invalid for a wrong place, Conflict for a taken name.
    """
    access.require(actor, Capability.CONFIGURE)
    if not NAME.fullmatch(name):
        raise Invalid("Use small letters, digits and _ for the short name.", code="bad_name")
    if McpServer.objects.filter(name=name).exists():
        raise Conflict(f"There is a server called {name} already.", code="name_taken")
    server = McpServer(name=name)
    _set_fields(server, fields)
    server.save(force_insert=True)
    record(Verb.SERVER_ADDED, server, actor=actor, after=_fields_of(server))
    request_look(server, actor=actor)
    return server


def change_server(server: McpServer, *, actor: Actor, **fields: Any) -> McpServer:
    """Change a server's fields. At another place it is another server: its tools are switched off.

    Raises Invalid.
    """
    access.require(actor, Capability.CONFIGURE)
    schedule.set_due(LOOK, server.pk, clock.now())  # locked before the server, as by a look
    server = McpServer.objects.select_for_update().get(pk=server.pk)
    before = _fields_of(server)
    _set_fields(server, fields)
    after = _fields_of(server)
    if before == after:
        return server
    server.look_asked_at = clock.now()
    server.save()
    record(Verb.SERVER_CHANGED, server, actor=actor, before=before, after=after)
    if before["address"] != after["address"]:
        _drop_connection(server, actor=actor)
    if any(before[name] != after[name] for name in PLACE):
        for tool in tools_of_server(server).values():
            switch_off(tool, actor=actor, why="Its server is at another place.")
    return server


def _drop_connection(server: McpServer, *, actor: Actor) -> None:
    """Drop what a server's connection holds, as the server is at another address."""
    own = OAuthConnection.objects.filter(server=server.name).values_list("pk", flat=True)
    for pk in own:
        if row := locked_connection(pk):
            drop_credentials(row, why="Its server is at another address.", actor=actor)
            save_fields(row, address=server.address)
    server.issuer = ""
    McpServer.objects.filter(pk=server.pk).update(issuer="")


def request_look(server: McpServer, *, actor: Actor) -> None:
    """Request a look at a server now. The server's page shows what it finds."""
    access.require(actor, Capability.CONFIGURE)
    now = clock.now()
    schedule.set_due(LOOK, server.pk, now)
    McpServer.objects.filter(pk=server.pk).update(look_asked_at=now)
    server.look_asked_at = now


def switch_off(tool: Tool, *, actor: Actor, why: str) -> None:
    """Switch a tool off because its server is not what a person saw; its permits are void then.

    Unlike ``change_tool`` this is done by a look too, which is no person.
    """
    if not tool.enabled:
        return
    rows = Tool.objects.filter(pk=tool.pk)
    rows.update(enabled=False, version=F("version") + 1, changed_at=clock.now())
    record(
        Verb.TOOL_CHANGED,
        tool,
        actor=actor,
        before={"enabled": True},
        after={"enabled": False},
        reason=why,
    )


def _set_fields(server: McpServer, fields: dict[str, Any]) -> None:
    if unknown := sorted(fields.keys() - set(CHANGEABLE)):
        raise Invalid(f"A server has no {', '.join(unknown)}.", code="unknown_field")
    for name, value in fields.items():
        setattr(server, name, str(value).strip())
    if not server.title:
        server.title = server.name
    place = server_place(server)
    check_place(place)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    kept = Secret.objects.filter(name=place.secret).values_list("name", flat=True)
    mcp.check_reachable(place, tenant, frozenset(kept))


def _fields_of(server: McpServer) -> dict[str, Any]:
    return {name: getattr(server, name) for name in CHANGEABLE}
