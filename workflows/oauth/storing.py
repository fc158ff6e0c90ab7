"""Connections as they are stored: looked up, given a token, lost, and dropped."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import clock
from tenants.actors import SYSTEM, Actor
from tenants.credentials.connection_tokens import sealed, unsealed
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, NotFound
from tenants.models import OAuthConnection, Tenant
from tenants.models.connections import CODE, ENDED, LOST, NEW, UNDER_WAY
from tenants.scope import current_tenant_id
from workflows.oauth.metadata import CLIENT_GRANT, CODE_GRANT, ServerMetadata
from workflows.oauth.token_requests import IssuedToken, OAuthClient

RENEW = "oauth.renew"
LONGEST_PROBLEM = 500  # characters
# A token in use is renewed so long before it ends, so that no call has to wait.
AHEAD = timedelta(minutes=3)
TAKE_BACK = timedelta(minutes=2)  # tokens that were ended are taken back meanwhile
GIVEN = "given"
NO_ATTEMPT: dict[str, Any] = {
    "attempt": None,
    "attempt_hash": "",
    "attempt_by_id": None,
    "attempt_until": None,
}
NO_TOKEN: dict[str, Any] = {"access": None, "refresh": None, "expires_at": None, "scope": ""}
NO_CLIENT: dict[str, Any] = {
    "client_id": "",
    "client_kind": "",
    "client_secret": None,
    "client_auth": "",
    "metadata": {},
}


def connections() -> QuerySet[OAuthConnection]:
    """Return the tenant's connections by name."""
    return OAuthConnection.objects.select_related("secret", "connected_by").order_by("secret__name")


def get_connection(name: str) -> OAuthConnection:
    """Return a connection by the name of its secret. Raises NotFound."""
    return get_or_not_found(connections(), "connection", secret__name=name)


def locked_connection(pk: Any) -> OAuthConnection | None:
    """Return a connection locked; None where it is gone."""
    rows = OAuthConnection.objects.select_related("secret").filter(pk=pk)
    return rows.select_for_update(of=("self",)).first()


def locked_or_not_found(pk: Any) -> OAuthConnection:
    """Return a connection locked. Raises NotFound where it was deleted meanwhile."""
    row = locked_connection(pk)
    if row is None:
        raise NotFound.of("connection")
    return row


def check_settled(connection: OAuthConnection) -> None:
    """Raise Conflict while the former tokens of an ended connection are taken back.

    What is kept of them for that would be lost. After a while it is given up.
    """
    ended = connection.ended_at
    if connection.state != ENDED or connection.attempt is None or ended is None:
        return
    if clock.now() < ended + TAKE_BACK:
        said = "Its former token is being taken back. Try again in a moment."
        raise Conflict(said, code="connected")


def allowed_hosts() -> tuple[str, ...]:
    """Return the hosts that the tenant allows."""
    return tuple(Tenant.objects.get(pk=current_tenant_id()).allowed_hosts)


def client_of(connection: OAuthConnection) -> OAuthClient:
    """Return Handrail as the connection's issuer knows it."""
    secret = unsealed(connection.client_secret)
    return OAuthClient(connection.client_id, secret, connection.client_auth, connection.client_kind)


def metadata_of(connection: OAuthConnection) -> ServerMetadata:
    """Return what the connection's issuer said of itself."""
    return ServerMetadata.from_json(connection.metadata)


def grant_of(connection: OAuthConnection) -> str:
    """Return the grant by which a connection's first token is asked for."""
    return CODE_GRANT if connection.grant == CODE else CLIENT_GRANT


def is_renewable(connection: OAuthConnection) -> bool:
    """Return whether a new token can be had without a person."""
    return connection.grant != CODE or connection.refresh is not None


def resource_of(connection: OAuthConnection) -> str:
    """Return what tokens are asked for (RFC 8707); empty where that is not said.

    It is what the server calls itself, to the letter, or its address.
    """
    if not connection.sends_resource:
        return ""
    return str((connection.metadata or {}).get("resource") or connection.address)


def save_fields(connection: OAuthConnection, **fields: Any) -> None:
    """Store these fields of a connection."""
    OAuthConnection.objects.filter(pk=connection.pk).update(**fields)
    for name, value in fields.items():
        setattr(connection, name, value)


def store_problem(connection: OAuthConnection, problem: str, *, state: str) -> None:
    """Store what stands against a connection, and end the attempt."""
    save_fields(connection, problem=problem[:LONGEST_PROBLEM], state=state, **NO_ATTEMPT)


def state_without_attempt(connection: OAuthConnection) -> str:
    """Return the state of a connection whose attempt failed: it stays connected if it was."""
    return connection.settled_state


def store_token(connection: OAuthConnection, token: IssuedToken) -> None:
    """Store a token. A server that names no new refresh token lets the former one be used.

    An attempt that is under way goes on.
    """
    now = clock.now()
    connection.refresh = sealed(token.refresh) or connection.refresh
    # Without a time it is asked for again each day, as a server may end it unseen.
    seconds = 24 * 3600 if token.seconds is None and is_renewable(connection) else token.seconds
    ends = now + timedelta(seconds=seconds) if seconds is not None else None
    save_fields(
        connection,
        access=sealed(token.access),
        refresh=connection.refresh,
        scope=token.scope or connection.scope or connection.wanted_scope,
        expires_at=ends,
        renewed_at=now,
        generation=connection.generation + 1,
        failures=0,
        problem="",
    )
    if ends is not None and is_renewable(connection):
        schedule.set_due(RENEW, connection.pk, max(ends - AHEAD, now + AHEAD))


def lose(connection: OAuthConnection, problem: str) -> None:
    """Take a connection as lost: only a person can connect it again. Its tokens are dropped.

    A person's attempt that is under way goes on.
    """
    is_tried = connection.state in UNDER_WAY
    ended = {} if is_tried else {"state": LOST} | NO_ATTEMPT
    save_fields(
        connection,
        problem=problem[:LONGEST_PROBLEM],
        generation=connection.generation + 1,
        **NO_TOKEN,
        **ended,
    )
    record(Verb.CONNECTION_LOST, connection, actor=SYSTEM, reason=problem[:LONGEST_PROBLEM])


def drop_credentials(connection: OAuthConnection, *, why: str, actor: Actor = SYSTEM) -> None:
    """Drop the client and the tokens of a connection, which belong to its issuer and to no other.

    A client that staff gave is dropped too, unless its issuer was given with it and stays.
    """
    had = connection.access is not None
    state = LOST if connection.connected_at else NEW
    issuer = {} if connection.is_issuer_given else {"issuer": ""}
    save_fields(
        connection,
        state=state,
        problem=why[:LONGEST_PROBLEM],
        generation=connection.generation + 1,
        checked_at=None,
        **issuer,
        **NO_TOKEN,
        **NO_ATTEMPT,
        **NO_CLIENT,
    )
    if had:
        record(Verb.CONNECTION_LOST, connection, actor=actor, reason=why)


def with_auth(client: OAuthClient, method: str) -> OAuthClient:
    """Return a client that proves who it is in another way."""
    return replace(client, auth=method)
