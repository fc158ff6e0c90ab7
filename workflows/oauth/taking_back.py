"""Tokens of ended connections: kept until a worker has had them taken back (RFC 7009).

A token that was under way when its connection was ended is taken back too.
"""

import json
from dataclasses import dataclass, field
from uuid import UUID

from audit import outbox
from tenants.credentials.connection_tokens import sealed, unsealed
from tenants.models import OAuthConnection
from tenants.models.connections import ENDED
from workflows.oauth.metadata import MetadataProblem, ServerMetadata
from workflows.oauth.storing import (
    allowed_hosts,
    client_of,
    locked_connection,
    metadata_of,
    save_fields,
    store_problem,
)
from workflows.oauth.token_requests import IssuedToken, OAuthClient, revoke_token

REVOKE = "oauth.revoke"


def register() -> None:
    """Register the handler of tokens to take back."""
    outbox.register(REVOKE, outbox.FunctionHandler(take_back))


def request_take_back(row: OAuthConnection, tokens: list[str]) -> None:
    """Keep tokens of an ended connection for a worker, where its server takes any back."""
    if not tokens or not row.metadata.get("revocation_endpoint"):
        return
    _keep(row, [*kept_tokens(row), *tokens])
    outbox.enqueue(REVOKE, row.pk)


def take_back_late(row: OAuthConnection | None, token: object, metadata: ServerMetadata) -> None:
    """Have a token taken back that was issued after its connection was ended."""
    if row is None or row.state != ENDED or not isinstance(token, IssuedToken):
        return
    if metadata_of(row) == metadata:  # else another server would be shown it
        request_take_back(row, [one for one in (token.refresh, token.access) if one])


def kept_tokens(row: OAuthConnection) -> list[str]:
    """Return the tokens of an ended connection that are still to be taken back."""
    return list(json.loads(unsealed(row.attempt) or "{}").get("revoke", []))


def _keep(row: OAuthConnection, tokens: list[str]) -> None:
    save_fields(row, attempt=sealed(json.dumps({"revoke": tokens})) if tokens else None)


def take_back(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``oauth.revoke``: return the job that has tokens taken back."""
    row = locked_connection(claim.object_id)
    if row is None or row.state != ENDED or not (tokens := kept_tokens(row)):
        return None
    return RevokeJob(claim, row.pk, metadata_of(row), client_of(row), allowed_hosts(), tokens)


@dataclass(frozen=True, slots=True)
class RevokeJob:
    """Job that has the tokens of an ended connection taken back."""

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
        # One that came meanwhile has a job of its own.
        others = [one for one in kept_tokens(row) if one not in self.tokens]
        said = f"{self.metadata.issuer} did not say that it took the token back. End it there too."
        store_problem(row, row.problem if outcome else said, state=ENDED)
        _keep(row, others)
