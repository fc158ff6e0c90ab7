"""The scope: nothing without one, only its tenant's rows inside one, restored after."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InternalError,
    connection,
    connections,
    transaction,
)

from approvals.models import ReviewItem, Tool
from audit import outbox
from audit.models import Event
from tenants.errors import ScopeMissing
from tenants.models import ApiKey, Assignment, Secret, Source, Tenant
from tenants.scope import (
    PERSON_SETTING,
    PROVIDER,
    current_tenant_id,
    has_tenant_scope,
    person_scope,
    tenant_scope,
)
from tests.world import REQUEST, World, make_world
from workflows.models import Run, StepRun
from workflows.services.runs import start_run


def sources_by_sql(using: str = "default") -> set[str]:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id::text FROM tenants_source")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_without_a_scope_the_manager_raises_and_sql_returns_nothing() -> None:
    make_world()
    for query in (
        lambda: Source.objects.all(),
        lambda: Source.objects.filter(name="orders").exists(),
        lambda: Event.objects.count(),
        lambda: Source.objects.using("default"),
        lambda: Source.objects.across(),
        current_tenant_id,
    ):
        with pytest.raises(ScopeMissing):
            query()
    assert sources_by_sql() == set()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_source SET title = 'taken'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM tenants_apikey")
        assert cursor.rowcount == 0


@pytest.mark.django_db
def test_without_a_scope_nothing_can_be_written() -> None:
    world = make_world()
    with pytest.raises(ScopeMissing):
        Source(name="x", title="X", kind="document", owner=world.harbor.owner)
    owner = world.harbor.owner.pk
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO tenants_secret (tenant_id, id, name, ciphertext, changed_at) "
            "VALUES (%s, %s, 'x', '', now())",
            [world.harbor.tenant.pk, owner],
        )


@pytest.mark.django_db
def test_inside_a_scope_there_is_only_its_tenant() -> None:
    world = make_world()
    with tenant_scope(world.harbor.tenant.pk):
        assert sources_by_sql() == {str(world.harbor.tenant.pk)}
        assert {s.tenant_id for s in Source.objects.all()} == {world.harbor.tenant.pk}
        # Even a query that goes round the manager's filter.
        plain = Source._base_manager.db_manager("default").all()
        assert {s.tenant_id for s in plain} == {world.harbor.tenant.pk}


@pytest.mark.django_db
def test_another_tenants_row_can_be_neither_read_changed_nor_pointed_at() -> None:
    """Case T2: raw SQL hits the composite foreign key."""
    world = make_world()
    with tenant_scope(world.quill.tenant.pk):
        foreign = Source.objects.get(name="orders")
        revision = foreign.revision_id
    with tenant_scope(world.harbor.tenant.pk):
        assert not Source.objects.filter(pk=foreign.pk).exists()
        assert Source.objects.filter(pk=foreign.pk).update(title="taken") == 0
        own = Source.objects.get(name="orders")
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tenants_source SET revision_id = %s WHERE id = %s", [revision, own.pk]
            )
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Source.objects.filter(pk=own.pk).update(tenant_id=world.quill.tenant.pk)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Tool(
                tenant_id=world.quill.tenant.pk,
                name="planted",
                title="Planted",
                adapter="http",
                effect="read",
                args_schema={},
            ).save(force_insert=True)


@pytest.mark.django_db
def test_nested_scopes_restore_the_former_tenant() -> None:
    world = make_world()
    harbor, quill = world.harbor.tenant.pk, world.quill.tenant.pk
    with tenant_scope(harbor):
        with tenant_scope(quill):
            assert current_tenant_id() == quill
            assert sources_by_sql() == {str(quill)}
            with tenant_scope(quill):
                assert sources_by_sql() == {str(quill)}
            assert sources_by_sql() == {str(quill)}
        assert current_tenant_id() == harbor
        assert sources_by_sql() == {str(harbor)}
    assert not has_tenant_scope()
    assert sources_by_sql() == set()


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError("ours"), IntegrityError("theirs")], ids=type)
def test_an_exception_inside_restores_the_former_tenant(error: Exception) -> None:
    world = make_world()
    harbor, quill = world.harbor.tenant.pk, world.quill.tenant.pk
    with tenant_scope(harbor):
        with pytest.raises(type(error)), tenant_scope(quill):  # noqa: PT012
            Source.objects.filter(name="orders").update(title="changed")
            raise error
        assert current_tenant_id() == harbor
        assert sources_by_sql() == {str(harbor)}
        with tenant_scope(quill):
            assert not Source.objects.filter(title="changed").exists()
    assert sources_by_sql() == set()


@pytest.mark.django_db
def test_an_error_of_the_database_inside_restores_too() -> None:
    world = make_world()
    with tenant_scope(world.harbor.tenant.pk):
        with (
            pytest.raises(DatabaseError),
            tenant_scope(world.quill.tenant.pk),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1 / 0")
        assert sources_by_sql() == {str(world.harbor.tenant.pk)}


def test_a_scope_is_gone_when_its_transaction_is(committed: None) -> None:
    world = make_world()
    with tenant_scope(world.harbor.tenant.pk):
        assert sources_by_sql()
    assert sources_by_sql() == set()
    with pytest.raises(ValueError, match="out"), tenant_scope(world.harbor.tenant.pk):
        raise ValueError("out")
    assert sources_by_sql() == set()


def test_a_scope_of_nobody_sees_nothing(committed: None) -> None:
    make_world()
    with tenant_scope(uuid4()):
        assert Source.objects.count() == 0
        assert sources_by_sql() == set()


# -- The provider's read-only connection ---------------------------------------------------


def names(items: Any) -> set[str]:
    return {str(row.tenant_id) for row in items}


def test_staff_see_only_the_tenants_they_are_assigned_to(committed: None) -> None:
    world = make_world()
    both = {str(world.harbor.tenant.pk), str(world.quill.tenant.pk)}
    with person_scope(world.operator.pk):
        assert names(Source.objects.across()) == both
        assert sources_by_sql(PROVIDER) == both
        assert names(Event.objects.across()) == both
    with person_scope(world.admin.pk):
        assert names(Source.objects.across()) == {*both, str(world.sable.tenant.pk)}
    with person_scope(world.harbor.owner.pk):
        assert not Source.objects.across().exists()
    with person_scope(uuid4()):
        assert sources_by_sql(PROVIDER) == set()


def test_the_provider_connection_sees_nothing_without_a_person(committed: None) -> None:
    world = make_world()
    assert sources_by_sql(PROVIDER) == set()
    with person_scope(world.operator.pk):
        assert sources_by_sql(PROVIDER)
    assert sources_by_sql(PROVIDER) == set()
    with tenant_scope(world.harbor.tenant.pk):
        with pytest.raises(ScopeMissing):
            Source.objects.across()
        assert sources_by_sql(PROVIDER) == set()


def test_a_nested_person_sees_their_own_and_the_outer_one_comes_back(committed: None) -> None:
    world = make_world()
    with person_scope(world.admin.pk):
        with person_scope(world.operator.pk):
            assert len(sources_by_sql(PROVIDER)) == 2
        assert len(sources_by_sql(PROVIDER)) == 3


def test_an_ended_assignment_ends_the_sight_at_once(committed: None) -> None:
    world = make_world()
    with person_scope(world.operator.pk):
        assert len(sources_by_sql(PROVIDER)) == 2
    Assignment.objects.filter(user=world.operator, tenant=world.quill.tenant).delete()
    with person_scope(world.operator.pk):
        assert sources_by_sql(PROVIDER) == {str(world.harbor.tenant.pk)}


WRITES = (
    "UPDATE tenants_source SET title = 'x'",
    "DELETE FROM tenants_source",
    "INSERT INTO tenants_tenant (id) VALUES (gen_random_uuid())",
    "UPDATE tenants_tenant SET name = 'x'",
    "DELETE FROM tenants_assignment",
    "CREATE TABLE mine (id int)",
)
SECRETS = (
    "SELECT * FROM tenants_secret",
    "SELECT * FROM tenants_apikey",
    "SELECT password FROM tenants_user",
    "SELECT * FROM django_session",
    "SELECT * FROM mfa_authenticator",
    "SELECT * FROM audit_outbox",
)


def test_the_provider_connection_is_read_only(committed: None) -> None:
    world = make_world()
    for statement in WRITES:
        with (
            pytest.raises(InternalError, match="read-only transaction"),
            person_scope(world.operator.pk),
            connections[PROVIDER].cursor() as cursor,
        ):
            cursor.execute(statement)


# Beside a test that changes how roles connect it would be refused for another reason.
@pytest.mark.xdist_group("roles")
def test_the_provider_role_may_not_write_or_read_secrets_however_it_connects(
    committed: None,
) -> None:
    world = make_world()
    parameters = connections[PROVIDER].get_connection_params()
    known = {k: parameters[k] for k in ("dbname", "user", "password", "host", "port")}
    options = "-c default_transaction_read_only=off"  # whatever its role has set
    with psycopg.connect(**known, options=options, autocommit=True) as writable:
        writable.execute(
            "SELECT set_config(%s, %s, false)", [PERSON_SETTING, str(world.operator.pk)]
        )
        assert writable.execute("SELECT count(*) FROM tenants_source").fetchone() == (4,)
        for statement in (*WRITES, *SECRETS):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writable.execute(statement)


def test_models_cannot_be_saved_through_the_provider_connection(committed: None) -> None:
    world = make_world()
    with person_scope(world.operator.pk):
        source = Source.objects.across().first()
        assert source is not None
        source.title = "changed"
    with pytest.raises(DatabaseError), person_scope(world.operator.pk):
        source.save(using=PROVIDER)
    with pytest.raises(DatabaseError), person_scope(world.operator.pk):
        list(Secret.objects.across())
    with pytest.raises(DatabaseError), person_scope(world.operator.pk):
        list(ApiKey.objects.across())


# -- Work that names a tenant (case T5) ----------------------------------------------------


def started(world: World) -> Run:
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        run, _ = start_run(harbor.workflow, input=REQUEST, trigger="api", actor=harbor.actor())
    return run


def point(run: Run, tenant: Tenant) -> None:
    """Forge the row of the outbox: A's run, B's tenant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET tenant_id = %s WHERE object_id = %s", [tenant.pk, run.pk]
        )


def test_a_run_id_in_another_tenants_scope_finds_nothing(committed: None) -> None:
    world = make_world()
    run = started(world)
    point(run, world.quill.tenant)
    assert outbox.drain() == 1  # paid, with nothing done
    for client in (world.harbor, world.quill):
        with tenant_scope(client.tenant.pk):
            assert not StepRun.objects.exists()
            assert not ReviewItem.objects.exists()


def test_the_row_says_the_tenant_whatever_scope_the_worker_was_in(committed: None) -> None:
    world = make_world()
    run = started(world)
    with tenant_scope(world.quill.tenant.pk):
        outbox.drain()
        assert current_tenant_id() == world.quill.tenant.pk
        assert not ReviewItem.objects.exists()
    with tenant_scope(world.harbor.tenant.pk):
        assert ReviewItem.objects.get().run_id == run.pk


def test_work_without_a_tenant_fails_closed(committed: None) -> None:
    world = make_world()
    run = started(world)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_outbox SET tenant_id = NULL")
    point(run, Tenant(pk=uuid4()))
    outbox.drain()
    with tenant_scope(world.harbor.tenant.pk):
        assert not StepRun.objects.exists()
    with pytest.raises(ScopeMissing):
        outbox.enqueue("run.advance", run.pk)
    with pytest.raises(ScopeMissing):
        start_run(world.harbor.workflow, input=REQUEST, trigger="api", actor=world.harbor.actor())
