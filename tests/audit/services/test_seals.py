"""Case X1, thin: the chain of seals finds what was done to the record behind our back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from audit.models import Event, Seal
from audit.services import record
from audit.services.seals import START, first_broken, seal
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import servers
from tests.sealing import wait_for_older
from tests.world import World, make_world


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def write(tenant: Tenant, count: int = 3, reason: str = "") -> None:
    with tenant_scope(tenant.pk):
        for n in range(count):
            record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM, reason=reason or f"number {n}")


def seal_now(tenant: Tenant) -> Seal | None:
    """Seal once no open transaction of the server, of another test's too, is older."""
    wait_for_older(tenant.pk)
    with tenant_scope(tenant.pk):
        return seal()


def broken(tenant: Tenant) -> int | None:
    with tenant_scope(tenant.pk):
        return first_broken()


def four_seals(tenant: Tenant) -> list[Seal]:
    made = []
    for n in range(4):
        write(tenant, reason=f"batch {n}")
        found = seal_now(tenant)
        assert found is not None
        made.append(found)
    return made


def behind_our_back(statement: str) -> None:
    """What somebody with the superuser's rights may do: no wall, no trigger, no grants."""
    with psycopg.connect(servers.super_url(servers.database())) as root:
        root.execute("SET session_replication_role = replica")
        assert root.execute(statement).rowcount > 0


def test_seals_are_a_chain_that_holds(world: World) -> None:
    tenant = world.harbor.tenant
    made = four_seals(tenant)
    assert [s.number for s in made] == [1, 2, 3, 4]
    assert made[0].before == START
    assert [s.before for s in made[1:]] == [s.sha256 for s in made[:-1]]
    assert made[1].events == 3
    assert broken(tenant) is None
    with tenant_scope(tenant.pk):
        assert sum(s.events for s in Seal.objects.all()) == Event.objects.count()


def test_nothing_new_is_no_seal(world: World) -> None:
    assert seal_now(world.harbor.tenant) is not None
    assert seal_now(world.harbor.tenant) is None


def test_each_client_has_a_chain_of_its_own(world: World) -> None:
    one, other = four_seals(world.harbor.tenant), four_seals(world.quill.tenant)
    assert not {s.sha256 for s in one} & {s.sha256 for s in other}
    behind_our_back(
        f"UPDATE audit_event SET reason = 'x' WHERE tenant_id = '{world.quill.tenant.pk}'"
    )
    assert broken(world.harbor.tenant) is None
    assert broken(world.quill.tenant) == 1


TAMPERING = (
    "UPDATE audit_event SET reason = 'batch two' WHERE reason = 'batch 2'",
    "UPDATE audit_event SET actor_label = 'Somebody' WHERE reason = 'batch 2'",
    "UPDATE audit_event SET verb = 'tenant.made' WHERE reason = 'batch 2'",
    "UPDATE audit_event SET at = at + interval '1 microsecond' WHERE reason = 'batch 2'",
    "UPDATE audit_event SET object_id = gen_random_uuid() WHERE reason = 'batch 2'",
    "UPDATE audit_event SET after = '{}' WHERE reason = 'batch 2'",
    "UPDATE audit_event SET request_id = 'other' WHERE reason = 'batch 2'",
    "DELETE FROM audit_event WHERE id = (SELECT id FROM audit_event "
    "WHERE reason = 'batch 2' LIMIT 1)",
    "DELETE FROM audit_event WHERE reason = 'batch 2'",
    "INSERT INTO audit_event (id, tenant_id, at, verb, actor_kind, actor_label, object_kind, "
    "object_id, object_label, reason, request_id, transaction_id) SELECT gen_random_uuid(), "
    "tenant_id, at, verb, actor_kind, actor_label, object_kind, object_id, object_label, "
    "'slipped in', request_id, transaction_id FROM audit_event "
    "WHERE reason = 'batch 2' LIMIT 1",
    "UPDATE audit_event SET transaction_id = (SELECT max(transaction_id) FROM audit_event "
    "WHERE reason = 'batch 3') WHERE reason = 'batch 2'",
    "UPDATE audit_seal SET sha256 = repeat('0', 64) WHERE number = 3",
    "UPDATE audit_seal SET before = repeat('0', 64) WHERE number = 3",
    "UPDATE audit_seal SET upto = upto + 100000 WHERE number = 3",
)
RESTORE = (
    "DELETE FROM {0}",
    "INSERT INTO {0} SELECT * FROM kept_{0}",
)


def test_tampering_is_found_at_the_seal_it_happened_in(world: World) -> None:
    tenant = world.harbor.tenant
    four_seals(tenant)
    assert broken(tenant) is None
    with psycopg.connect(servers.super_url(servers.database()), autocommit=True) as root:
        root.execute("SET session_replication_role = replica")
        for table in ("audit_event", "audit_seal"):
            root.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
        for tamper in TAMPERING:
            assert root.execute(tamper).rowcount > 0, tamper
            assert broken(tenant) == 3, tamper
            for table in ("audit_event", "audit_seal"):
                for statement in RESTORE:
                    root.execute(statement.format(table))
            assert broken(tenant) is None


def test_swapping_two_events_is_found(world: World) -> None:
    tenant = world.harbor.tenant
    write(tenant, 2, reason="")
    seal_now(tenant)
    behind_our_back(
        "UPDATE audit_event e SET reason = CASE e.reason WHEN 'number 0' THEN 'number 1' "
        "ELSE 'number 0' END WHERE reason LIKE 'number %'"
    )
    assert broken(tenant) == 1


def test_a_seal_taken_out_of_the_middle_is_found(world: World) -> None:
    tenant = world.harbor.tenant
    four_seals(tenant)
    behind_our_back("DELETE FROM audit_seal WHERE number = 2")
    assert broken(tenant) == 3


def test_many_sealers_at_once_do_not_fork_the_chain(world: World) -> None:
    tenant = world.harbor.tenant

    def work(number: int) -> None:
        try:
            for n in range(5):
                write(tenant, 2, reason=f"{number}.{n}")
                with tenant_scope(tenant.pk):
                    seal()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    seal_now(tenant)
    with tenant_scope(tenant.pk):
        numbers = list(Seal.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert sum(s.events for s in Seal.objects.all()) == Event.objects.count()
    assert broken(tenant) is None


def test_an_event_of_a_slow_transaction_can_not_slip_in_behind_a_seal(world: World) -> None:
    """Its id is older than the seal; it is in the next one all the same."""
    tenant = world.harbor.tenant
    seal_now(tenant)
    with ThreadPoolExecutor(1) as other, tenant_scope(tenant.pk):
        with clock.at(clock.now() - timedelta(minutes=5)):
            record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM, reason="slow")
        unit_of_work.send_kept()  # its transaction has a number from here on

        def quick() -> Seal | None:
            try:
                write(tenant, 1, reason="quick")
                with tenant_scope(tenant.pk):
                    return seal()
            finally:
                connection.close()

        first: Callable[[], Seal | None] = other.submit(quick).result
        assert first() is None  # the slow one is not finished, so the batch must wait
    made = seal_now(tenant)
    assert made is not None
    assert made.events == 2
    assert broken(tenant) is None
