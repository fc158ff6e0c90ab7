"""Exchange of a code for the first token."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit import outbox
from tenants.credentials.connection_tokens import unsealed
from tenants.models.connections import EXCHANGING
from tenants.scope import current_tenant_id
from workflows.oauth.connecting import note_failure, store_connected
from workflows.oauth.metadata import CODE_GRANT, MetadataProblem, ServerMetadata
from workflows.oauth.services import EXCHANGE, issuer_key, redirect_address
from workflows.oauth.storing import (
    allowed_hosts,
    client_of,
    locked_connection,
    metadata_of,
    resource_of,
    state_without_attempt,
    store_problem,
)
from workflows.oauth.taking_back import take_back_late
from workflows.oauth.token_requests import (
    IssuedToken,
    OAuthClient,
    TokenRefused,
    TokenUnavailable,
    ask_token,
)


def register() -> None:
    """Register the handler of the last part of an attempt."""
    outbox.register(EXCHANGE, outbox.FunctionHandler(exchange_code, note_failure))


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
            take_back_late(row, outcome, self.metadata)
            return
        if isinstance(outcome, IssuedToken):
            store_connected(row, outcome, by=row.attempt_by_id, asked=self.scope)
        else:
            store_problem(row, str(outcome), state=state_without_attempt(row))
