"""Case T4: two tenants, 10,000 units of work on pooled connections, errors thrown in."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, connections

from tenants.models import Source
from tenants.scope import person_scope, tenant_scope
from tests.world import make_world

UNITS, THREADS = 10_000, 20


def seen(tenant: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id FROM tenants_source")
        assert cursor.fetchall() == [(tenant,)]


def by_model(tenant: UUID) -> None:
    assert {s.tenant_id for s in Source._base_manager.all()} == {tenant}


def broken_sql(tenant: UUID) -> None:
    seen(tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def broken_python(tenant: UUID) -> None:
    seen(tenant)
    raise ValueError("thrown in")


def dropped(tenant: UUID) -> None:
    """The connection is lost in the middle of the scope."""
    seen(tenant)
    raw = connection.connection
    assert raw is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


WORK: list[Callable[[UUID], None]] = [seen, by_model, broken_sql, broken_python]


def nothing_left() -> None:
    """Between units the connection in hand belongs to nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('handrail.tenant', true) FROM audit_event")
        rows, setting = cursor.fetchone()
    assert rows == 0
    assert not setting


def test_ten_thousand_units_see_no_foreign_row(committed: None) -> None:
    world = make_world()
    tenants = [world.harbor.tenant.pk, world.quill.tenant.pk]
    assert settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] < THREADS

    def work(seed: int) -> Counter[str]:
        chance, done = random.Random(seed), Counter[str]()
        for _ in range(UNITS // THREADS + 1):
            tenant, task = chance.choice(tenants), chance.choice(WORK)
            if chance.random() < 0.005:
                task = dropped
            try:
                with tenant_scope(tenant):
                    task(tenant)
            except (ValueError, DatabaseError):
                done["thrown"] += 1
            if chance.random() < 0.05:
                nothing_left()
            done[task.__name__] += 1
            # Back to the pool as after a request, so that units change connections.
            connection.close()
            close_old_connections()
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        total = sum(pool.map(work, range(THREADS)), Counter[str]())
    assert sum(total[task.__name__] for task in (*WORK, dropped)) >= UNITS
    assert total["thrown"] == total["broken_sql"] + total["broken_python"] + total["dropped"]
    assert total["dropped"] > 10


def test_people_on_the_pool_see_their_own_tenants_only(committed: None) -> None:
    world = make_world()
    wanted = {world.operator.pk: 2, world.admin.pk: 3, world.harbor.owner.pk: 0}

    def work(seed: int) -> int:
        chance = random.Random(seed)
        for _ in range(100):
            person = chance.choice(list(wanted))
            with person_scope(person):
                tenants = {s.tenant_id for s in Source.objects.across()}
            assert len(tenants) == wanted[person]
            connections["provider"].close()
        return 100

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(work, range(THREADS))) == 100 * THREADS
