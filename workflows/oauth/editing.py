"""Connections are changed and deleted by people, once no token stands on what they change."""

from typing import Any

from approvals.gate.tool_secrets import check_purpose, named_secrets
from approvals.models import Tool
from audit.services import record
from audit.verbs import Verb
from tenants import access
from tenants.actors import Actor
from tenants.credentials.connection_tokens import sealed
from tenants.errors import Conflict, Invalid
from tenants.models import OAuthConnection, Secret
from tenants.models.connections import CODE, EXCHANGING, LOOKING, LOST, NEW
from tenants.roles import Capability
from workflows.models import McpServer
from workflows.oauth.bindings import check_connection_bindings
from workflows.oauth.services import check_connection_fields
from workflows.oauth.storing import (
    GIVEN,
    NO_ATTEMPT,
    NO_CLIENT,
    check_settled,
    locked_or_not_found,
    save_fields,
)

# A token is issued for these; changing one needs another token.
SETTINGS = ("address", "grant", "issuer", "client_id", "wanted_scope", "sends_resource")
PURPOSE = ("environment", "scope")


def change_connection(
    connection: OAuthConnection,
    *,
    environment: str,
    scope: str,
    client_secret: str = "",
    actor: Actor,
    **settings: Any,
) -> None:
    """Change what a connection is for and how it is made; ``settings`` are all of ``SETTINGS``.

    An empty ``client_secret`` keeps the former one of the same client id. Raises Forbidden, Invalid
    for wrong values and where a tool or server that names the connection does not fit, and Conflict
    for other settings while a token of it holds.
    """
    access.require(actor, Capability.CONFIGURE)
    row = _settled(connection)
    purpose = {"environment": environment, "scope": scope}
    before = given_settings(row) | {name: getattr(row.secret, name) for name in PURPOSE}
    after = {name: settings[name] for name in SETTINGS} | purpose
    is_other = bool(client_secret) or any(after[name] != before[name] for name in SETTINGS)
    if is_other:
        _apply(row, settings, client_secret)
    check_purpose(row.secret.name, environment, scope)
    Secret.objects.filter(pk=row.secret_id).update(**purpose)
    changed = [name for name in after if after[name] != before[name]]
    if changed or client_secret:
        record(
            Verb.CONNECTION_CHANGED,
            row,
            actor=actor,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )


def given_settings(row: OAuthConnection) -> dict[str, Any]:
    """Return the settings as a person gave them, without what was found out since."""
    found = {name: getattr(row, name) for name in SETTINGS}
    if row.client_kind != GIVEN:
        found["client_id"] = ""
    if not row.is_issuer_given:
        found["issuer"] = ""
    return found


def _apply(row: OAuthConnection, settings: dict[str, Any], client_secret: str) -> None:
    """Store other settings and drop what was found out by the former. Nothing is asked yet."""
    if row.access is not None:
        said = "Disconnect it first: its token was issued for what stands here now."
        raise Conflict(said, code="connected")
    if row.server and settings["address"] != row.address:
        said = f"It is for the server {row.server}. Change the address of that server."
        raise Invalid(said, code="bad_url")
    check_connection_fields(settings | {"client_secret": client_secret})
    is_same_client = bool(settings["client_id"]) and settings["client_id"] == row.client_id
    secret = sealed(client_secret) or (row.client_secret if is_same_client else None)
    kept = {name: settings[name] for name in SETTINGS if name != "client_id"}
    client = NO_CLIENT | {"client_id": settings["client_id"], "client_secret": secret}
    save_fields(
        row,
        state=LOST if row.connected_at else NEW,
        problem="",
        checked_at=None,
        is_issuer_given=bool(settings["issuer"]),
        **kept,
        **NO_ATTEMPT,
        **(client | {"client_kind": GIVEN if settings["client_id"] else ""}),
    )
    check_connection_bindings(row, row.secret.name)


def delete_connection(connection: OAuthConnection, *, actor: Actor) -> None:
    """Delete a connection and the secret that tools name.

    Raises Conflict while it has a token, or while a tool or server names it.
    """
    access.require(actor, Capability.CONFIGURE)
    row = _settled(connection)
    if row.access is not None:
        said = "Disconnect it first, so that its token is taken back."
        raise Conflict(said, code="connected")
    name = row.secret.name
    if users := _users(name):
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""
        said = f"It is used by {', '.join(users[:3])}{more}. Give those another credential first."
        raise Conflict(said, code="in_use")
    record(Verb.CONNECTION_DELETED, row, actor=actor, before={"address": row.address})
    row.delete()
    Secret.objects.filter(pk=row.secret_id).delete()


def _users(name: str) -> list[str]:
    """Return the titles of the tools and servers that name a secret. Two queries."""
    tools = [one for one in Tool.objects.order_by("name") if name in named_secrets(one.settings)]
    servers = McpServer.objects.filter(secret=name).order_by("name")
    return [one.title for one in tools] + [one.title for one in servers]


def _settled(connection: OAuthConnection) -> OAuthConnection:
    """Return the connection locked.

    Raises Conflict while its former tokens are taken back, or a token is being issued for it:
    that one would be lost, and nobody could end it.
    """
    row = locked_or_not_found(connection.pk)
    check_settled(row)
    if row.state == EXCHANGING or (row.state == LOOKING and row.grant != CODE):
        said = "It is being connected right now. Try again in a moment."
        raise Conflict(said, code="connected")
    return row
