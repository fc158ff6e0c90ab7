"""Exchange of a code for the first token, and tokens that are taken back at the end."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit import outbox
from tenants.credentials.connection_tokens import unsealed
from tenants.models.connections import ENDED, EXCHANGING
from tenants.scope import current_tenant_id
from workflows.oauth.connecting import note_failure, store_connected
from workflows.oauth.metadata import CODE_GRANT, MetadataProblem, ServerMetadata
from workflows.oauth.services import EXCHANGE, REVOKE, issuer_key, redirect_address
from workflows.oauth.storing import (
    allowed_hosts,
    client_of,
    locked_connection,
    metadata_of,
    resource_of,
    state_without_attempt,
    store_problem,
)
from workflows.oauth.token_requests import (
    IssuedToken,
    OAuthClient,
    TokenRefused,
    TokenUnavailable,
    ask_token,
    revoke_token,
)


def register() -> None:
    """Register the handlers of the last part of an attempt, and of a connection's end."""
    outbox.register(EXCHANGE, outbox.FunctionHandler(exchange_code, note_failure))
    outbox.register(REVOKE, outbox.FunctionHandler(take_back))


def exchange_code(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``oauth.exchange``: return the job that exchanges a code for a token."""
    row = locked_connection(claim.object_id)
    if row is None or row.state != EXCHANGING:
        return None
    if claim.fence > 1:
        # A code is exchanged once; another try might make the server take its tokens back.
        store_problem(
            row,
            "A worker stopped in the middle of it. Connect again.",
            state=state_without_attempt(row),
        )
        return None
    kept = json.loads(unsealed(row.attempt) or "{}")
    redirect = redirect_address(issuer_key(current_tenant_id(), row.issuer))
    more = {
        "code": str(kept.get("code", "")),
        "code_verifier": str(kept.get("verifier", "")),
        "redirect_uri": redirect,
        "resource": resource_of(row),
    }
    hosts = allowed_hosts()
    return ExchangeJob(
        claim, row.pk, row.attempt_until, metadata_of(row), client_of(row), hosts, more,
        str(kept.get("scope", "")),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExchangeJob:
    """Job that exchanges a code for a token, once."""

    claim: outbox.Claim
    connection_id: UUID
    attempt: Any
    metadata: ServerMetadata
    client: OAuthClient = field(repr=False)
    allowed: tuple[str, ...]
    more: dict[str, str] = field(repr=False)
    scope: str

    async def perform(self) -> IssuedToken | str:
        """Return the token, or what stands against it."""
        try:
            return await ask_token(
                self.metadata, self.client, CODE_GRANT, self.allowed, **self.more
            )
        except (MetadataProblem, TokenRefused, TokenUnavailable) as error:
            return f"{error} Connect again."

    def store_result(self, outcome: object) -> None:
        """Store the token, or the problem."""
        row = locked_connection(self.connection_id)
        if row is None or row.state != EXCHANGING or row.attempt_until != self.attempt:
            return
        if isinstance(outcome, IssuedToken):
            store_connected(row, outcome, by=row.attempt_by_id, asked=self.scope)
        else:
            store_problem(row, str(outcome), state=state_without_attempt(row))


def take_back(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``oauth.revoke``: return the job that has tokens taken back."""
    row = locked_connection(claim.object_id)
    if row is None or row.state != ENDED or row.attempt is None:
        return None
    tokens = json.loads(unsealed(row.attempt) or "{}").get("revoke", [])
    return RevokeJob(claim, row.pk, metadata_of(row), client_of(row), allowed_hosts(), tokens)


@dataclass(frozen=True, slots=True)
class RevokeJob:
    """Job that has the tokens of an ended connection taken back (RFC 7009)."""

    claim: outbox.Claim
    connection_id: UUID
    metadata: ServerMetadata
    client: OAuthClient = field(repr=False)
    allowed: tuple[str, ...]
    tokens: list[str] = field(repr=False)

    async def perform(self) -> bool:
        """Return whether the server took all of them back."""
        try:
            return all(
                [
                    await revoke_token(self.metadata, self.client, one, self.allowed)
                    for one in self.tokens
                ]
            )
        except MetadataProblem:
            return False

    def store_result(self, outcome: object) -> None:
        """Forget the tokens, and say where the server did not take them back."""
        row = locked_connection(self.connection_id)
        if row is None or row.state != ENDED:
            return
        said = f"{self.metadata.issuer} did not say that it took the token back. End it there too."
        store_problem(row, "" if outcome else said, state=ENDED)
