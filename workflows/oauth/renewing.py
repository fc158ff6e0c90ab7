"""Renewal of tokens: one at a time for a connection, by its one outbox row; calls wait for it.

A call whose token ends is postponed before anything is sent. A token that a server did not take
though it should still hold is renewed once, and the call made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from approvals.gate.tool_secrets import named_secrets
from approvals.models import Tool
from audit import outbox
from audit.worker import schedule
from tenants import clock
from tenants.credentials.connection_tokens import SOON, needs_renewal, unsealed
from tenants.models import OAuthConnection
from tenants.models.connections import CODE
from workflows.exceptions.causes import Cause
from workflows.models import Call
from workflows.oauth import discovery
from workflows.oauth.connecting import follow_other_issuer, search_of
from workflows.oauth.discovery import ServerSearch
from workflows.oauth.metadata import (
    CLIENT_GRANT,
    REFRESH_GRANT,
    MetadataProblem,
    ServerMetadata,
    is_same_issuer,
)
from workflows.oauth.storing import (
    AHEAD,
    LONGEST_PROBLEM,
    RENEW,
    allowed_hosts,
    client_of,
    is_renewable,
    locked_connection,
    lose,
    metadata_of,
    resource_of,
    save_fields,
    store_token,
)
from workflows.oauth.taking_back import take_back_late
from workflows.oauth.token_requests import (
    IssuedToken,
    OAuthClient,
    TokenRefused,
    TokenUnavailable,
    ask_token,
)

WAIT = timedelta(milliseconds=500)  # of a call, before it looks again
MOST_FAILURES = 4  # tries in a row for which calls wait
REST = timedelta(minutes=5)  # after those
CHECK_EVERY = timedelta(days=1)
NEW_FOR = timedelta(minutes=1)
RENEWED = "renewed"  # in a call's request: it is made with a token renewed for it


def register() -> None:
    """Register the handler of renewals."""
    outbox.register(RENEW, outbox.FunctionHandler(renew_token, note_renewal_failure))


def delay_before_call(tool: Tool) -> timedelta | None:
    """Return how long a call waits for its token; None where it is made now.

    One query where the tool names a secret. A renewal is requested where it is needed.
    """
    return delay_for(*named_secrets(tool.settings))


def delay_for(*secrets: str) -> timedelta | None:
    """Return how long a call with these secrets waits; None where it is made now."""
    if not secrets:
        return None
    wait = None
    for row in _connected(secrets).filter(expires_at__lte=clock.now() + SOON):
        if needs_renewal(row):
            wait = request_renewal(row) or wait
    return wait


def _connected(secrets: Iterable[str]) -> QuerySet[OAuthConnection]:
    rows = OAuthConnection.objects.filter(secret__name__in=set(secrets), access__isnull=False)
    return rows.order_by("pk")


def request_renewal(row: OAuthConnection) -> timedelta | None:
    """Request the renewal of a connection's token, and return how long a call waits for it."""
    if not is_renewable(row) or row.failures >= MOST_FAILURES:
        return None
    if row.failures == 0:  # else the next try has its time
        schedule.set_due(RENEW, row.pk, clock.now())
        outbox.wake_after_commit(schedule.row_id(RENEW, row.pk))
    return WAIT


def renew_refused(call: Call, problem: str) -> bool:
    """Return whether a call is made again, as its token was refused and is renewed for it, once."""
    if getattr(problem, "cause", None) is not Cause.TOKEN_REFUSED or call.request.get(RENEWED):
        return False
    tool = Tool.objects.filter(name=call.name).first()
    rows = _connected(named_secrets(tool.settings)) if tool else []
    found = [note_refused(row, call.began_at) for row in rows]
    return any(found)


def renew_for_look(secret: str, asked_at: datetime) -> bool:
    """Return whether a token that a look found refused is renewed: not one that is new itself."""
    rows = [row for row in _connected([secret]) if not _is_new(row)]
    found = [note_refused(row, asked_at) for row in rows]
    return any(found)


def _is_new(row: OAuthConnection) -> bool:
    return row.renewed_at is not None and row.renewed_at > clock.now() - NEW_FOR


def note_refused(row: OAuthConnection, asked_at: datetime) -> bool:
    """Take a token as ended that a server did not take. Return whether another is to be had."""
    if row.renewed_at is not None and row.renewed_at > asked_at:
        return True  # another call had it renewed meanwhile
    if not is_renewable(row):
        lose(row, "Its server does not take the token any more. Connect again.")
        return False
    save_fields(row, expires_at=clock.now(), failures=0)
    request_renewal(row)
    return True


def renew_token(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``oauth.renew``: return the job that renews a token that ends."""
    row = locked_connection(claim.object_id)
    if row is None or not row.is_connected or not is_renewable(row):
        return None
    if not needs_renewal(row) and not _is_in_use_and_ends(row):
        return None
    is_checked = row.checked_at is not None and row.checked_at > clock.now() - CHECK_EVERY
    search = None if is_checked or row.is_issuer_given else search_of(row)
    more = {"resource": resource_of(row)}
    if row.grant == CODE:
        more |= {"refresh_token": unsealed(row.refresh)}
    else:
        more |= {"scope": row.wanted_scope}
    grant = REFRESH_GRANT if row.grant == CODE else CLIENT_GRANT
    return RenewJob(
        claim, row.pk, row.generation, metadata_of(row), client_of(row), grant, allowed_hosts(),
        more, search,
    )  # fmt: skip


def _is_in_use_and_ends(row: OAuthConnection) -> bool:
    """Return whether a token that ends within AHEAD was used today or the day before."""
    now, used = clock.now(), row.secret.used_on
    is_used = used is not None and used >= (now - timedelta(days=1)).date()
    return is_used and row.expires_at is not None and row.expires_at <= now + AHEAD


@dataclass(frozen=True, slots=True)
class OtherIssuer:
    """Finding that a server's tokens are issued by another server now."""


@dataclass(frozen=True, slots=True)
class RenewJob:
    """Job that renews a token. With ``search`` the server is asked first who issues its tokens."""

    claim: outbox.Claim
    connection_id: UUID
    generation: int
    metadata: ServerMetadata
    client: OAuthClient = field(repr=False)
    grant: str
    allowed: tuple[str, ...]
    more: dict[str, str] = field(repr=False)
    search: ServerSearch | None

    async def perform(self) -> IssuedToken | OtherIssuer | TokenRefused | TokenUnavailable:
        """Return the new token, or why there is none."""
        try:
            if self.search is not None and await self._is_other(self.search):
                return OtherIssuer()
            return await ask_token(
                self.metadata, self.client, self.grant, self.allowed, **self.more
            )
        except (TokenRefused, TokenUnavailable) as error:
            return error
        except MetadataProblem as error:
            return TokenUnavailable(str(error))

    async def _is_other(self, search: ServerSearch) -> bool:
        try:
            named = await discovery.named_issuer(search)
        except MetadataProblem:
            return False  # it says nothing now, which is no other issuer
        return bool(named) and not is_same_issuer(named, self.metadata.issuer)

    def store_result(self, outcome: object) -> None:
        """Store the new token, whose refresh token takes the place of the former."""
        row = locked_connection(self.connection_id)
        if row is None or not row.is_connected or row.generation != self.generation:
            take_back_late(row, outcome, self.metadata)
            return  # ended or connected anew meanwhile
        if self.search is not None:
            save_fields(row, checked_at=clock.now())
        if isinstance(outcome, IssuedToken):
            store_token(row, outcome)
        elif isinstance(outcome, OtherIssuer):
            follow_other_issuer(row)
        elif isinstance(outcome, TokenRefused):
            lose(row, str(outcome))
        else:
            store_failure(row, str(outcome))


def store_failure(row: OAuthConnection, problem: str) -> None:
    """Store that a renewal failed, and try again later each time."""
    failures = row.failures + 1
    wait = timedelta(seconds=2**failures) if failures < MOST_FAILURES else REST
    save_fields(row, failures=failures, problem=problem[:LONGEST_PROBLEM])
    schedule.set_due(RENEW, row.pk, clock.now() + wait)


def note_renewal_failure(claim: outbox.Claim, error: str) -> None:
    """Store that a renewal failed again and again; its error is in the log."""
    row = locked_connection(claim.object_id)
    if row is not None and row.is_connected:
        store_failure(row, "Its renewal failed in a way that was not foreseen.")
