"""No token of an ended connection stays good, whenever it was issued."""

import pytest

from audit import outbox
from audit.models import Event
from tenants.errors import Conflict, NotFound
from tests.workflows.mcp.mcp_kit import alone
from tests.workflows.oauth.oauth_kit import Signing
from tests.workflows.oauth.test_editing import change
from tests.workflows.oauth.test_exchanging import claimed
from workflows.mcp.servers import change_server
from workflows.oauth.editing import delete_connection
from workflows.oauth.exchanging import ExchangeJob, exchange_code
from workflows.oauth.renewing import RenewJob, note_refused, renew_token
from workflows.oauth.services import disconnect, request_connect
from workflows.oauth.storing import get_connection
from workflows.oauth.taking_back import RevokeJob, take_back


def claim_of(signing: Signing) -> outbox.Claim:
    row = signing.row()
    return outbox.Claim(row.pk, row.tenant_id, "oauth.revoke", row.pk, 1)


def issued(signing: Signing) -> set[str]:
    """Return every token that the authorization server gave out."""
    return {*signing.issuer.tokens, *signing.issuer.refreshes}


def test_tokens_are_taken_back_once(signing: Signing) -> None:
    disconnect(signing.connect(), actor=signing.staff)
    outbox.drain()
    assert len(signing.issuer.revoked) == 2
    assert take_back(claim_of(signing)) is None


def test_a_server_that_takes_none_back_keeps_its_tokens(signing: Signing) -> None:
    signing.issuer.said["revocation_endpoint"] = None
    disconnect(signing.connect(), actor=signing.staff)
    outbox.drain()
    assert signing.row().state == "ended"
    assert signing.issuer.revoked == []


def test_ended_a_second_time_the_tokens_are_taken_back_all_the_same(signing: Signing) -> None:
    first = signing.connect()
    disconnect(first, actor=signing.staff)
    disconnect(first, actor=signing.staff)  # a second click, or another tab
    outbox.drain()
    assert len(signing.issuer.revoked) == 2
    assert Event.objects.filter(verb="connection.ended").count() == 1


def test_one_without_anything_to_end_stays_as_it_is(signing: Signing) -> None:
    signing.connect()
    disconnect(signing.row(), actor=signing.staff)
    outbox.drain()
    changed = change(signing.lane, signing.row(), wanted_scope="other")
    disconnect(changed, actor=signing.staff)
    assert signing.row().state == "lost"


def test_a_token_that_is_issued_after_the_end_is_taken_back(signing: Signing) -> None:
    signing.connect()
    request_connect(signing.row(), actor=signing.staff)
    outbox.drain()
    signing.answer()
    job = exchange_code(claimed(signing, "oauth.exchange"))
    assert isinstance(job, ExchangeJob)
    disconnect(signing.row(), actor=signing.staff)
    job.store_result(alone(job.perform()))
    outbox.drain()
    assert signing.row().access is None
    assert set(signing.issuer.revoked) == issued(signing)
    assert (signing.row().state, signing.row().problem) == ("ended", "")


@pytest.mark.parametrize("is_taken_back_before", [True, False])
def test_a_token_that_is_renewed_after_the_end_is_taken_back(
    signing: Signing, is_taken_back_before: bool
) -> None:
    row = signing.connect()
    assert row.renewed_at is not None
    note_refused(row, row.renewed_at)
    job = renew_token(claimed(signing, "oauth.renew"))
    assert isinstance(job, RenewJob)
    renewed = alone(job.perform())
    disconnect(signing.row(), actor=signing.staff)
    if is_taken_back_before:
        outbox.drain()
    job.store_result(renewed)
    outbox.drain()
    assert signing.row().access is None
    assert set(signing.issuer.revoked) >= issued(signing)


def test_a_token_that_comes_while_others_are_taken_back_is_kept_for_the_next(
    signing: Signing,
) -> None:
    row = signing.connect()
    assert row.renewed_at is not None
    note_refused(row, row.renewed_at)
    renewal = renew_token(claimed(signing, "oauth.renew"))
    assert isinstance(renewal, RenewJob)
    renewed = alone(renewal.perform())
    disconnect(signing.row(), actor=signing.staff)
    job = take_back(claim_of(signing))
    assert isinstance(job, RevokeJob)
    renewal.store_result(renewed)
    job.store_result(alone(job.perform()))
    outbox.drain()
    assert set(signing.issuer.revoked) >= issued(signing)
    assert signing.row().attempt is None


def test_while_a_token_is_issued_nothing_is_changed_or_deleted(signing: Signing) -> None:
    """The token would be good there, and nobody here could end it."""
    signing.begin()
    signing.answer()
    change_server(signing.server(), actor=signing.staff, secret="", carrier="")
    with pytest.raises(Conflict, match="being connected right now"):
        delete_connection(signing.row(), actor=signing.staff)
    with pytest.raises(Conflict, match="being connected right now"):
        change(signing.lane, signing.row(), wanted_scope="other")
    outbox.drain()
    assert signing.row().access is not None


def test_one_that_was_deleted_meanwhile_is_not_found(signing: Signing) -> None:
    found = signing.begin()
    stale = get_connection(found.secret.name)
    change_server(signing.server(), actor=signing.staff, secret="", carrier="")
    delete_connection(found, actor=signing.staff)
    for act in (disconnect, request_connect):
        with pytest.raises(NotFound):
            act(stale, actor=signing.staff)
