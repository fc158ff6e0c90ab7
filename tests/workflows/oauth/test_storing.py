"""Connections as they are stored: what is dropped, what stays, and what the record says."""

from datetime import timedelta

from audit.models import Event, Outbox
from audit.worker import schedule
from tenants import clock
from tests.workflows.oauth.oauth_kit import Signing
from workflows.oauth.services import add_connection
from workflows.oauth.storing import RENEW, drop_credentials, is_renewable, lose, store_token
from workflows.oauth.token_requests import IssuedToken


def test_a_lost_connection_has_no_token_and_says_why(signing: Signing) -> None:
    row = signing.connect()
    lose(row, "It said no.")
    row = signing.row()
    assert (row.state, row.access, row.refresh, row.expires_at) == ("lost", None, None, None)
    assert row.client_id  # it is known there still, so that a person connects again
    event = Event.objects.get(verb="connection.lost")
    assert (event.actor_kind, event.reason) == ("system", "It said no.")


def test_what_belongs_to_an_issuer_is_dropped_with_it(signing: Signing) -> None:
    row = signing.connect()
    drop_credentials(row, why="Another address.")
    row = signing.row()
    assert (row.issuer, row.client_id, row.client_secret, row.metadata) == ("", "", None, {})


def test_a_given_issuer_stays_and_its_client_does_not(signing: Signing) -> None:
    row = add_connection(
        name="crm",
        address=signing.fake.url,
        issuer=signing.issuer.url,
        client_id="us",
        actor=signing.staff,
    )
    drop_credentials(row, why="Another address.")
    row.refresh_from_db()
    assert (row.issuer, row.client_id, row.state) == (signing.issuer.url, "", "new")
    assert Event.objects.filter(verb="connection.lost").count() == 0  # it had nothing to lose


def test_a_token_without_a_time_is_renewed_each_day_where_it_can_be(signing: Signing) -> None:
    signing.issuer.seconds = None
    row = signing.connect()
    assert is_renewable(row)
    assert row.expires_at == clock.now() + timedelta(days=1)
    row.refresh = None
    assert not is_renewable(row)
    store_token(row, IssuedToken("another"))
    assert signing.row().expires_at is None


def test_a_renewal_is_due_before_a_token_ends(signing: Signing) -> None:
    row = signing.connect()
    due = Outbox.objects.get(pk=schedule.row_id(RENEW, row.pk)).due_at
    assert row.expires_at - timedelta(minutes=4) < due < row.expires_at
