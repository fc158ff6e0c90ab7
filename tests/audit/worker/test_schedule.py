"""A schedule is one row for each topic and tenant, however often it is begun."""

from datetime import timedelta
from uuid import UUID

import pytest

from audit.models import Outbox
from audit.worker import schedule
from tenants import clock
from tenants.scope import tenant_scope
from tests.audit.worker.jobs import claimed, row
from tests.world import World

TOPIC = "test.topic"


def test_a_row_is_named_by_the_md5_of_topic_and_object() -> None:
    assert schedule.row_id(TOPIC, UUID(int=1)) == UUID("1712333f-ce7e-90f0-23ba-7972ec0ca8c4")
    assert schedule.row_id(TOPIC, UUID(int=2)) != schedule.row_id(TOPIC, UUID(int=1))
    assert schedule.row_id("test.other", UUID(int=1)) != schedule.row_id(TOPIC, UUID(int=1))


def test_each_tenant_lacks_a_topic_until_it_is_begun(world: World) -> None:
    tenants = sorted(one.tenant.pk for one in (world.harbor, world.quill, world.sable))
    due = clock.now() + timedelta(hours=1)
    assert [one.pk for one in schedule.tenants_lacking(TOPIC)] == tenants
    schedule.begin(TOPIC, {tenants[0]: due})
    assert [one.pk for one in schedule.tenants_lacking(TOPIC)] == tenants[1:]
    made = row(schedule.row_id(TOPIC, tenants[0]))
    assert (made.tenant_id, made.object_id, made.due_at, made.hint_at) == (
        tenants[0],
        tenants[0],
        due,
        due,
    )
    assert not made.ready
    schedule.begin(TOPIC, dict.fromkeys(tenants, clock.now()))
    assert row(made.pk).due_at == due  # what is there stays as it is
    assert list(schedule.tenants_lacking(TOPIC)) == []


def test_a_parked_schedule_begins_again_after_its_rest(world: World) -> None:
    tenant = world.harbor.tenant.pk
    schedule.begin(TOPIC, {tenant: clock.now()})
    parked = schedule.row_id(TOPIC, tenant)
    Outbox.objects.filter(pk=parked).update(parked_at=clock.now(), failures=3)
    clock.pass_time(schedule.REST - timedelta(seconds=1))
    assert schedule.revive(TOPIC) == 0
    clock.pass_time(timedelta(seconds=1))
    assert schedule.revive("test.other") == 0
    assert schedule.revive("test.other", TOPIC) == 1
    stored = row(parked)
    assert (stored.parked_at, stored.failures) == (None, 0)
    assert stored.due_at == stored.hint_at == clock.now()


@pytest.mark.usefixtures("recorder")
def test_a_due_time_is_set_once_and_then_moved(world: World) -> None:
    first, then = clock.now(), clock.now() + timedelta(hours=1)
    with tenant_scope(world.harbor.tenant.pk):
        schedule.set_due(TOPIC, UUID(int=7), first)
        row_id = schedule.row_id(TOPIC, UUID(int=7))
        claim = claimed(row_id)
        Outbox.objects.filter(pk=row_id).update(parked_at=first, failures=2)
        schedule.set_due(TOPIC, UUID(int=7), then)
    stored = row(row_id)
    assert (stored.due_at, stored.hint_at, stored.parked_at, stored.failures) == (
        then,
        then,
        None,
        0,
    )
    # A worker that has it leased keeps it.
    assert (stored.fence, stored.lease_until is None) == (claim.fence, False)
