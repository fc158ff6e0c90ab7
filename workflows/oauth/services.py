"""Connections are added, connected and ended by people; a worker makes the requests."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from approvals.gate.tool_secrets import check_purpose
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.credentials.connection_tokens import OAUTH, sealed, unsealed
from tenants.db.encryption import encrypt
from tenants.errors import Conflict, Invalid
from tenants.models import OAuthConnection, Secret, Tenant
from tenants.models.connections import ENDED, EXCHANGING, LOOKING, READY, UNDER_WAY
from tenants.network.addresses import parse_url
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from tenants.services.keys import OWN
from workflows.mcp.servers import change_server
from workflows.models import McpServer
from workflows.oauth.bindings import check_connection_bindings
from workflows.oauth.discovery import check_endpoint
from workflows.oauth.metadata import MetadataProblem, issuer_objection
from workflows.oauth.storing import (
    GIVEN,
    NO_ATTEMPT,
    NO_TOKEN,
    allowed_hosts,
    check_settled,
    connections,
    locked_connection,
    locked_or_not_found,
    metadata_of,
    save_fields,
    state_without_attempt,
    store_problem,
)
from workflows.oauth.taking_back import request_take_back
from workflows.oauth.token_requests import CODES, LONGEST_TOKEN, SENDABLE
from workflows.tools.challenges import plain_scope

CONNECT, EXCHANGE = "oauth.connect", "oauth.exchange"
ATTEMPT = timedelta(minutes=10)  # a person has so long to sign in
LONGEST_CODE = 4096
STALE = "This sign-in is not under way any more, or was begun by somebody else. Connect again."


def issuer_key(tenant_id: UUID, issuer: str) -> str:
    """Return the part of our addresses that is for one issuer of one client.

    So an answer that another server sends comes to another address (RFC 9700, 4.4.2).
    """
    return hashlib.sha256(f"{tenant_id.hex} {issuer}".encode()).hexdigest()[:32]


def redirect_address(key: str) -> str:
    """Return the address that a person's browser comes back to."""
    return f"{settings.BASE_URL}/oauth/callback/{key}/"


def document_address(key: str) -> str:
    """Return the address of the document that says who Handrail is."""
    return f"{settings.BASE_URL}/oauth/client/{key}/"


def client_document(key: str) -> dict[str, Any]:
    """Return the document that says who Handrail is, to an authorization server that reads it."""
    return {
        "client_id": document_address(key),
        "client_name": "Handrail",
        "client_uri": settings.BASE_URL,
        "redirect_uris": [redirect_address(key)],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "web",
    }


def add_connection(*, name: str, actor: Actor, **fields: Any) -> OAuthConnection:
    """Add a connection, and the secret that tools name. Nothing is asked yet.

    Raises Conflict for a taken name, Invalid for a wrong address, or one that a tool which names
    the connection does not call; the caller then rolls back all.
    """
    access.require(actor, Capability.CONFIGURE)
    if name.startswith(OWN) or Secret.objects.filter(name=name).exists():
        raise Conflict(f"There is a secret called {name} already.", code="name_taken")
    check_connection_fields(fields)
    purpose = {key: fields.pop(key, "") for key in ("environment", "scope")}
    client_secret = fields.pop("client_secret", "")
    secret = Secret(name=name, ciphertext=encrypt(""), kind=OAUTH, **purpose)
    secret.save(force_insert=True)
    made = OAuthConnection(secret=secret, client_secret=sealed(client_secret), **fields)
    made.is_issuer_given = bool(made.issuer)
    made.client_kind = GIVEN if made.client_id else ""
    made.save(force_insert=True)
    check_connection_bindings(made, name)
    check_purpose(name, purpose["environment"], purpose["scope"])
    after = {"address": made.address, "grant": made.grant, "issuer": made.issuer} | purpose
    record(Verb.CONNECTION_ADDED, made, actor=actor, after=after)
    return made


def check_connection_fields(fields: Mapping[str, Any]) -> None:
    """Raise Invalid unless the addresses may be called and the other settings can be sent."""
    allowed = allowed_hosts()
    for name in ("address", "issuer"):
        url = str(fields.get(name, ""))
        if not url and name == "issuer":
            continue
        if parse_url(url) is None or "#" in url or "?" in url:
            said = "Write the whole address, such as https://api.example/v2, without a query."
            raise Invalid(said, code="bad_url")
        try:
            check_endpoint(url, allowed)
        except MetadataProblem as error:
            raise Invalid(str(error), code="bad_url") from error
    for name in ("client_id", "client_secret"):
        value = str(fields.get(name, ""))
        if value and (len(value) > LONGEST_TOKEN or not SENDABLE.fullmatch(value)):
            said = "A client id and its secret have no blanks and no letters with accents."
            raise Invalid(said, code="bad_value")
    wanted = str(fields.get("wanted_scope", ""))
    if wanted and not plain_scope(wanted):
        raise Invalid("A scope is words with one blank between them.", code="bad_value")
    if fields.get("client_secret") and not fields.get("client_id"):
        raise Invalid("Give the client id that the secret is for.", code="bad_value")
    if fields.get("client_id") and not fields.get("issuer"):
        said = "Give the issuer that this client id is for: it is shown to no other."
        raise Invalid(said, code="bad_value")


def connect_server(server: McpServer, *, actor: Actor) -> OAuthConnection:
    """Connect an MCP server: its connection is made if it has none, and a worker goes to look."""
    access.require(actor, Capability.CONFIGURE)
    if not server.address:
        said = "A command signs in nowhere: it is given a secret."
        raise Invalid(said, code="bad_settings")
    found = connections().filter(secret__name=server.secret).first()
    if found is None:
        name = f"{server.name}-sign-in".replace("_", "-")
        found = connections().filter(secret__name=name, server=server.name).first()
        if found is None:
            found = add_connection(
                name=name, actor=actor, server=server.name, address=server.address
            )
        change_server(server, actor=actor, secret=found.secret.name, carrier="")
    request_connect(found, actor=actor)
    return found


def request_connect(connection: OAuthConnection, *, actor: Actor) -> None:
    """Begin an attempt to connect; a former one is void. A worker finds out where to sign in."""
    access.require(actor, Capability.CONFIGURE)
    if not actor.is_human:
        raise Invalid("Only a person connects.", code="machine")
    row = locked_or_not_found(connection.pk)
    check_settled(row)
    by = {"attempt_by_id": actor.person_id, "attempt_until": clock.now() + ATTEMPT}
    save_fields(row, state=LOOKING, problem="", **(NO_ATTEMPT | by))
    outbox.enqueue(CONNECT, row.pk, priority=outbox.Priority.INTERACTIVE)


def state_of_attempt(tenant_id: UUID, random: str) -> str:
    """Return the state of an attempt as it goes out: its tenant, and its random part."""
    return f"{tenant_id.hex}.{random}"


def tenant_of_state(state: str) -> UUID | None:
    """Return the tenant that a state names; None for what is no state."""
    try:
        return UUID(hex=state.partition(".")[0]) if len(state) < 200 else None
    except ValueError:
        return None


def hash_state(state: str) -> str:
    """Return the hash by which an attempt is found."""
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in_address(connection: OAuthConnection, *, actor: Actor) -> str:
    """Return where the person who began the attempt signs in. Raises Conflict for any other."""
    access.require(actor, Capability.CONFIGURE)
    if not is_ready_for(connection, actor):
        raise Conflict(STALE, code="bad_sign_in")
    return str(_attempt_of(connection)["url"])


def is_ready_for(connection: OAuthConnection, actor: Actor) -> bool:
    """Return whether a person began the attempt that waits for somebody to sign in."""
    until = connection.attempt_until
    return (
        connection.state == READY
        and connection.attempt_by_id == actor.id
        and until is not None
        and until > clock.now()
    )


def _attempt_of(connection: OAuthConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unsealed(connection.attempt) or "{}")
    return found


def receive_answer(key: str, answer: Mapping[str, str], *, actor: Actor) -> OAuthConnection:
    """Take the answer that a person's browser brought back, once; a worker exchanges its code.

    Raises Conflict for a state that is unknown, used, too old, of another person or of another
    issuer's address. What an answer says in its own words is not kept.
    """
    access.require(actor, Capability.CONFIGURE)
    rows = OAuthConnection.objects.filter(attempt_hash=hash_state(answer.get("state", "")))
    found = rows.values_list("pk", flat=True).first()
    row = locked_connection(found) if found else None
    if row is None or not is_ready_for(row, actor):
        raise Conflict(STALE, code="bad_sign_in")
    attempt, issuer = _attempt_of(row), row.metadata.get("issuer", "")
    ours = issuer_key(current_tenant_id(), issuer)
    if not hmac.compare_digest(key.encode("utf-8", "surrogatepass"), ours.encode()):
        raise Conflict(STALE, code="bad_sign_in")
    if problem := _objection_to(row, answer):
        store_problem(row, problem, state=state_without_attempt(row))
        return row
    kept = json.dumps({"code": answer["code"]} | {k: attempt[k] for k in ("verifier", "scope")})
    save_fields(row, state=EXCHANGING, attempt=sealed(kept), attempt_hash="")
    outbox.enqueue(EXCHANGE, row.pk, priority=outbox.Priority.INTERACTIVE)
    return row


def _objection_to(row: OAuthConnection, answer: Mapping[str, str]) -> str:
    """Return what stands against an answer; empty where its code is exchanged."""
    if objection := issuer_objection(metadata_of(row), answer.get("iss")):
        return objection
    if "error" in answer:
        return f"Signing in did not work: {CODES.get(answer['error'], 'it was refused there')}."
    code = answer.get("code", "")
    if not code or len(code) > LONGEST_CODE or not SENDABLE.fullmatch(code):
        return "The answer has no code, so nothing could be exchanged."
    return ""


def disconnect(connection: OAuthConnection, *, actor: Actor) -> None:
    """End a connection: its tokens are dropped here at once, and a worker has them taken back.

    Nothing happens where there is nothing to end. Raises NotFound for one that was deleted.
    """
    access.require(actor, Capability.CONFIGURE)
    row = locked_or_not_found(connection.pk)
    if row.access is None and row.state not in UNDER_WAY:
        return  # ended already: what is kept of its tokens is still needed
    tokens = [one for one in (unsealed(row.refresh), unsealed(row.access)) if one]
    save_fields(
        row,
        state=ENDED,
        problem="",
        ended_at=clock.now(),
        generation=row.generation + 1,
        **NO_TOKEN,
        **NO_ATTEMPT,
    )
    record(Verb.CONNECTION_ENDED, row, actor=actor)
    request_take_back(row, tokens)


def tenant_by_state(state: str) -> Tenant | None:
    """Return the tenant whose attempt a state is of; None for none."""
    tenant_id = tenant_of_state(state)
    return Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
