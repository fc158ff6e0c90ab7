"""Times of events: the database's own clock decides what the app may write."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.event_time import MOVED, let_move, may_move
from audit.models import Event
from audit.services import record
from audit.services.seals import seal
from audit.verbs import Verb
from tenants import clock
from tenants.scope import tenant_scope
from tests.world import Client, make_world

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def client(committed: None) -> Client:
    return make_world().harbor


@pytest.fixture
def strict(client: Client, super_connection: psycopg.Connection) -> Iterator[None]:
    """As a deployment stands: the owner let nobody move the clock."""
    let_move(super_connection, False)
    yield
    let_move(super_connection, True)


def write(client: Client, by: timedelta) -> None:
    """One event, with the app's clock moved."""
    with clock.at(datetime.now(UTC) + by), tenant_scope(client.tenant.pk):
        record(Verb.TENANT_CHANGED, client.tenant, actor=client.actor())


@pytest.mark.parametrize("by", [timedelta(days=-30), timedelta(minutes=-6), timedelta(hours=1)])
def test_the_app_chooses_no_events_time(client: Client, strict: None, by: timedelta) -> None:
    with pytest.raises(DatabaseError, match="is not that of the database"):
        write(client, by)


def test_events_of_now_are_written_and_sealed(client: Client, strict: None) -> None:
    write(client, timedelta(0))
    write(client, timedelta(seconds=-20))
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="tenant.changed").count() == 2
        made = seal()
    assert made is not None
    made.made_at -= timedelta(days=1)
    with (
        pytest.raises(DatabaseError, match="of audit_seal is not"),
        tenant_scope(client.tenant.pk),
    ):
        made.save(force_insert=True)


def test_an_id_that_sorts_before_is_refused_too(client: Client, strict: None) -> None:
    """Events are read in the order of their ids, which begin with a time."""
    write(client, timedelta(0))
    copy = (
        "INSERT INTO audit_event (id, tenant_id, at, verb, actor_kind, actor_label, object_kind, "
        "object_label, reason, request_id) SELECT '01900000-0000-7000-8000-000000000000', "
        "tenant_id, now(), verb, actor_kind, actor_label, object_kind, object_label, reason, "
        "request_id FROM audit_event WHERE verb = 'tenant.changed' LIMIT 1"
    )
    with (
        pytest.raises(DatabaseError, match="is not that of the database"),
        tenant_scope(client.tenant.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(copy)


def test_the_app_can_not_let_the_clock_be_moved(client: Client, strict: None) -> None:
    for attempt in (
        f"COMMENT ON TABLE audit_event IS '{MOVED}'",
        f"INSERT INTO pg_description VALUES ('audit_event'::regclass, 1259, 0, '{MOVED}')",
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_time",
        "SET session_replication_role = replica",
        "DROP FUNCTION handrail_check_time() CASCADE",
    ):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(attempt)
    with pytest.raises(DatabaseError, match="is not that of the database"):
        _pretend(client)


def _pretend(client: Client) -> None:
    """What a session sets or makes for itself is nothing to the trigger."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with clock.at(yesterday), tenant_scope(client.tenant.pk), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE pg_description (objoid oid, objsubid int, description text)"
        )
        mark = [MOVED]
        cursor.execute(
            "INSERT INTO pg_temp.pg_description SELECT 'audit_event'::regclass, 0, %s", mark
        )
        record(Verb.TENANT_CHANGED, client.tenant, actor=client.actor())


def test_where_the_owner_lets_it_a_history_can_be_lived_through(client: Client) -> None:
    assert may_move(connection)
    write(client, timedelta(weeks=-8))
