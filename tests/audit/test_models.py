"""Events and other immutable rows are neither changed nor deleted."""

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from django.db.models import ProtectedError

from approvals.models import Decision
from audit.models import Event, Seal
from tenants.models import Revision
from tenants.scope import tenant_scope
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
    "workflows_callpicture",
    "workflows_formpreview",
    "workflows_version",
    "portal_report",
)


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
