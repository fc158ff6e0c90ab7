"""The record: a closed list of verbs, append-only, inside the act's own transaction."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import ProtectedError

from approvals.models import Decision
from audit.models import Event, Seal
from audit.request_context import request_id
from audit.selectors import events, events_of
from audit.services import record
from audit.services.record import record_about
from audit.verbs import Verb
from tenants.actors import SYSTEM
from tenants.errors import ScopeMissing
from tenants.ids import uuid7
from tenants.models import Revision, Tenant
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests import servers
from tests.world import make_world
from workflows.models import Version

IMMUTABLE = (
    "audit_event",
    "audit_seal",
    "approvals_comment",
    "approvals_decision",
    "tenants_revision",
    "tenants_passage",
    "tenants_record",
    "workflows_version",
    "portal_report",
)


@pytest.mark.django_db
def test_a_verb_outside_the_list_is_refused_by_the_database() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        for verb in ("item.approved", "", "ITEM.ACCEPTED", "item.accepted "):
            with pytest.raises(IntegrityError, match="event_verb_is_known"), transaction.atomic():
                record_about(
                    verb,  # type: ignore[arg-type]
                    kind="run",
                    object_id=uuid7(),
                    label="x",
                    actor=SYSTEM,
                )
        for known in Verb:
            record_about(known, kind="run", object_id=uuid7(), label="x", actor=SYSTEM)


@pytest.mark.django_db
def test_an_event_says_who_did_what_to_which_and_why() -> None:
    client = make_world().harbor
    token = request_id.set("req-12345678")
    try:
        with tenant_scope(client.tenant.pk):
            stop_everything(actor=client.actor(), reason="The till is on fire.")
            event = events().first()
    finally:
        request_id.reset(token)
    assert event is not None
    assert event.verb == "tenant.stopped"
    assert (event.actor_kind, event.actor_id) == ("person", client.owner.pk)
    assert event.actor_label == "Owner Harbor & Pine"
    assert (event.object_kind, event.object_id) == ("tenant", client.tenant.pk)
    assert event.reason == "The till is on fire."
    assert event.request_id == "req-12345678"


def test_outside_a_transaction_nothing_is_recorded(committed: None) -> None:
    tenant = make_world().harbor.tenant
    with pytest.raises(RuntimeError, match="transaction"):
        record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM)
    with pytest.raises((ScopeMissing, DatabaseError)), transaction.atomic():
        record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM)


def test_an_act_that_is_rolled_back_leaves_no_event(committed: None) -> None:
    client = make_world().harbor
    with pytest.raises(ValueError, match="broke"), tenant_scope(client.tenant.pk):
        _stop_and_break(client.actor())
    with tenant_scope(client.tenant.pk):
        assert not Event.objects.filter(verb="tenant.stopped").exists()
    assert not Tenant.objects.get(pk=client.tenant.pk).is_stopped
    with tenant_scope(client.tenant.pk):
        stop_everything(actor=client.actor())
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="tenant.stopped").count() == 1


def _stop_and_break(actor: Any) -> None:
    stop_everything(actor=actor)
    raise ValueError("broke")


@pytest.mark.django_db
def test_the_app_role_can_neither_change_nor_delete_what_is_immutable() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        for queryset in (
            Event.objects.all(),
            Seal.objects.all(),
            Decision.objects.all(),
            Revision.objects.all(),
            Version.objects.all(),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                queryset.update(tenant_id=client.tenant.pk)
            with (
                pytest.raises((DatabaseError, ProtectedError)),
                transaction.atomic(),
            ):
                queryset._raw_delete("default")
        for table in IMMUTABLE:
            for statement in (
                f"UPDATE {table} SET tenant_id = tenant_id",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with (
                    pytest.raises(DatabaseError, match="permission denied"),
                    transaction.atomic(),
                    connections["default"].cursor() as cursor,
                ):
                    cursor.execute(statement)


def test_the_owner_is_stopped_by_the_trigger(committed: None) -> None:
    client = make_world().harbor
    with psycopg.connect(servers._owner_url(servers.database())) as owner:
        owner.execute("SELECT set_config('handrail.tenant', %s, false)", [str(client.tenant.pk)])
        owner.commit()
        for table in ("audit_event", "tenants_revision", "tenants_record", "workflows_version"):
            assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
            for statement in (
                f"UPDATE {table} SET tenant_id = tenant_id",
                f"DELETE FROM {table}",
            ):
                with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
                    owner.execute(statement)
                owner.rollback()


def test_every_immutable_table_has_its_trigger(super_connection: psycopg.Connection) -> None:
    rows = super_connection.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger "
        "WHERE tgname LIKE '%\\_immutable' AND tgenabled IN ('O', 'A') AND tgtype & 27 = 27"
    ).fetchall()
    assert {table for (table,) in rows} == set(IMMUTABLE)


@pytest.mark.django_db
def test_events_of_an_object_are_in_the_order_they_happened() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        one, two = uuid7(), uuid7()
        for n in range(20):
            for object_id in (one, two):
                record_about(
                    Verb.RUN_STARTED,
                    kind="run",
                    object_id=object_id,
                    label="run",
                    actor=SYSTEM,
                    reason=str(n),
                )
        assert [e.reason for e in events_of(one)] == [str(n) for n in range(20)]
        assert len(events_of(one, two)) == 40
        assert [e.reason for e in events()[:2]] == ["19", "19"]
