"""Attempts to connect: a worker finds the authorization server, registers, and gets the token."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from approvals.gate.tool_secrets import named_secrets
from approvals.models import Tool
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import clock
from tenants.access import read_actor
from tenants.actors import SYSTEM
from tenants.credentials.connection_tokens import sealed
from tenants.models import OAuthConnection
from tenants.models.connections import CONNECTED, EXCHANGING, LOOKING, READY
from tenants.scope import current_tenant_id
from workflows.mcp.servers import LOOK, switch_off
from workflows.models import McpServer
from workflows.oauth import discovery
from workflows.oauth.discovery import FoundServer, ServerSearch
from workflows.oauth.metadata import (
    CLIENT_GRANT,
    CODE_GRANT,
    OFFLINE,
    REFRESH_GRANT,
    MetadataProblem,
    ServerMetadata,
    is_same_issuer,
)
from workflows.oauth.services import (
    ATTEMPT,
    CONNECT,
    document_address,
    hash_state,
    issuer_key,
    redirect_address,
    state_of_attempt,
)
from workflows.oauth.storing import (
    GIVEN,
    NO_ATTEMPT,
    allowed_hosts,
    client_of,
    drop_credentials,
    grant_of,
    locked_connection,
    resource_of,
    save_fields,
    state_without_attempt,
    store_problem,
    store_token,
)
from workflows.oauth.taking_back import take_back_late
from workflows.oauth.token_requests import (
    IssuedToken,
    OAuthClient,
    TokenRefused,
    TokenUnavailable,
    ask_token,
    auth_method,
    authorization_url,
    new_verifier,
    register_client,
)

OTHER_ISSUER = "Another authorization server issues its tokens now, so all of the former's is gone."


def register() -> None:
    """Register the handlers of attempts to connect."""
    outbox.register(CONNECT, outbox.FunctionHandler(look_for_server, note_failure))


def search_of(connection: OAuthConnection) -> ServerSearch:
    """Return the search for a connection's authorization server."""
    return ServerSearch(
        connection.address,
        grant_of(connection),
        allowed_hosts(),
        issuer=connection.issuer if connection.is_issuer_given else "",
        is_mcp=bool(connection.server),
    )


@dataclass(frozen=True, slots=True)
class PreparedConnection:
    """What a worker found: the server, Handrail's client there, and the token if it has one."""

    found: FoundServer
    client: OAuthClient
    scope: str
    token: IssuedToken | None = None


def look_for_server(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``oauth.connect``: return the job of an attempt."""
    row = locked_connection(claim.object_id)
    if row is None or row.state != LOOKING:
        return None
    known = client_of(row) if row.client_id else None
    return ConnectJob(
        claim, row.pk, row.attempt_until, search_of(row), row.issuer, known, row.wanted_scope,
        resource_of(row), current_tenant_id(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConnectJob:
    """Job that finds a connection's authorization server, and signs in where no person has to."""

    claim: outbox.Claim
    connection_id: UUID
    attempt: Any  # until when it counts, by which it is known again
    search: ServerSearch
    issuer: str
    client: OAuthClient | None = field(repr=False)
    wanted_scope: str
    resource: str
    tenant_id: UUID

    async def perform(self) -> PreparedConnection | str:
        """Return what was found, or what stands against it."""
        try:
            found = await discovery.find_server(self.search)
            scope = _scope_for(self, found)
            client = await self._client(found.metadata, scope)
            if self.search.grant == CODE_GRANT:
                return PreparedConnection(found, client, scope)
            token = await ask_token(
                found.metadata,
                client,
                CLIENT_GRANT,
                self.search.allowed,
                scope=scope,
                resource=(self.resource and found.metadata.resource) or self.resource,
            )
            return PreparedConnection(found, client, scope, token)
        except (MetadataProblem, TokenRefused, TokenUnavailable) as error:
            return str(error)

    async def _client(self, metadata: ServerMetadata, scope: str) -> OAuthClient:
        """Return the client for an issuer: what is kept for it, a document, or a new one."""
        known = self.client
        if known is not None and is_same_issuer(self.issuer, metadata.issuer):
            if known.kind == GIVEN:
                return OAuthClient(
                    known.id, known.secret, auth_method(metadata, known.secret), GIVEN
                )
            return known
        key = issuer_key(self.tenant_id, metadata.issuer)
        is_person = self.search.grant == CODE_GRANT
        if is_person and metadata.takes_documents and settings.BASE_URL.startswith("https://"):
            return OAuthClient(document_address(key), kind="document")
        if not metadata.registration_endpoint:
            said = f"{metadata.issuer} registers nobody by itself. Register Handrail there, and "
            raise MetadataProblem(f"{said}add a connection with the client id that it gives.")
        grants = [CODE_GRANT, REFRESH_GRANT] if is_person else [CLIENT_GRANT]
        redirect = redirect_address(key)
        return await register_client(metadata, redirect, grants, scope, self.search.allowed)

    def store_result(self, outcome: object) -> None:
        """Store what was found. The page then shows where the person signs in."""
        row = locked_connection(self.connection_id)
        if row is None or row.state != LOOKING or row.attempt_until != self.attempt:
            if isinstance(outcome, PreparedConnection):
                take_back_late(row, outcome.token, outcome.found.metadata)
            return  # another attempt took its place, or it was ended
        if isinstance(outcome, PreparedConnection):
            store_prepared(row, outcome)
        else:
            store_problem(row, str(outcome), state=state_without_attempt(row))


def _scope_for(job: ConnectJob, found: FoundServer) -> str:
    """Return the scope to ask for: what staff gave, else what the resource wants."""
    scope = job.wanted_scope or found.scope
    is_person = job.search.grant == CODE_GRANT
    if scope and is_person and found.metadata.is_offline_known and OFFLINE not in scope.split():
        return f"{scope} {OFFLINE}"
    return scope


def store_prepared(row: OAuthConnection, made: PreparedConnection) -> None:
    """Store an authorization server and the client there; drop what belonged to another."""
    metadata = made.found.metadata
    if row.issuer and not is_same_issuer(row.issuer, metadata.issuer):
        follow_other_issuer(row)
    attempt_by = row.attempt_by_id
    save_fields(
        row,
        issuer=metadata.issuer,
        metadata=metadata.as_json(),
        checked_at=clock.now(),
        client_id=made.client.id,
        client_kind=made.client.kind,
        client_secret=sealed(made.client.secret),
        client_auth=made.client.auth,
    )
    if made.token is not None:
        store_connected(row, made.token, by=attempt_by, asked=made.scope)
        return
    verifier, key = new_verifier(), issuer_key(current_tenant_id(), metadata.issuer)
    state = state_of_attempt(current_tenant_id(), secrets.token_urlsafe(32))
    url = authorization_url(
        metadata,
        made.client,
        verifier,
        redirect_uri=redirect_address(key),
        scope=made.scope,
        state=state,
        resource=resource_of(row),
    )
    save_fields(
        row,
        state=READY,
        problem="",
        attempt=sealed(json.dumps({"verifier": verifier, "url": url, "scope": made.scope})),
        attempt_hash=hash_state(state),
        attempt_by_id=attempt_by,
        attempt_until=clock.now() + ATTEMPT,
    )


def follow_other_issuer(row: OAuthConnection) -> None:
    """Drop all that belongs to a connection's former issuer, and switch its tools off."""
    drop_credentials(row, why=OTHER_ISSUER)
    for tool in Tool.objects.filter(enabled=True).order_by("name"):
        if row.secret.name in named_secrets(tool.settings):
            switch_off(tool, actor=SYSTEM, why=OTHER_ISSUER)


def store_connected(
    row: OAuthConnection, token: IssuedToken, *, by: UUID | None, asked: str
) -> None:
    """Store the first token of an attempt. Its server is looked at, and its issuer pinned."""
    save_fields(row, scope=asked, refresh=None, connected_at=clock.now(), connected_by_id=by)
    store_token(row, token)
    save_fields(row, state=CONNECTED, **NO_ATTEMPT)
    actor = read_actor(by, current_tenant_id()) if by else None
    after = {"issuer": row.issuer, "scope": row.scope, "address": row.address}
    record(Verb.CONNECTION_CONNECTED, row, actor=actor or SYSTEM, after=after)
    for server in McpServer.objects.filter(secret=row.secret.name):
        McpServer.objects.filter(pk=server.pk).update(issuer=row.issuer)
        schedule.set_due(LOOK, server.pk, clock.now())


def note_failure(claim: outbox.Claim, error: str) -> None:
    """Store that an attempt failed again and again; its error is in the log."""
    row = locked_connection(claim.object_id)
    if row is not None and row.state in (LOOKING, EXCHANGING):
        said = "It failed in a way that was not foreseen. Connect again."
        store_problem(row, said, state=state_without_attempt(row))
