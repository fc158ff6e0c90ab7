"""Jobs are enqueued in the act's transaction, withdrawn before they are due, and done once."""

from datetime import timedelta
from uuid import UUID

import pytest

from audit import outbox
from audit.jobs import Claim, Limit, Priority
from audit.models import Outbox
from audit.worker.leases import LEASE
from tenants import clock
from tenants.errors import ScopeMissing
from tenants.scope import tenant_scope
from tests.audit.worker.jobs import TOPIC, claimed, owe, row
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")


def test_a_job_is_ready_where_it_is_due_now_and_known_to_the_sweep_a_moment_later(
    world: World,
) -> None:
    now = clock.now()
    stored = row(owe(world.harbor))
    assert (stored.tenant_id, stored.topic) == (world.harbor.tenant.pk, TOPIC)
    assert (stored.due_at, stored.ready, stored.fence) == (now, True, 0)
    assert (stored.hint_at, stored.priority) == (now + outbox.GRACE, Priority.NORMAL)


def test_a_job_of_later_is_not_ready_and_the_sweep_finds_it_when_it_is_due(world: World) -> None:
    due = clock.now() + timedelta(hours=1)
    stored = row(owe(world.harbor, due_at=due, claims=3, priority=Priority.BULK))
    assert (stored.due_at, stored.hint_at, stored.ready) == (due, due, False)
    assert (stored.fence, stored.priority) == (3, Priority.BULK)


def test_a_job_that_goes_along_with_another_row_is_like_one_that_is_enqueued(
    world: World,
) -> None:
    enqueued = row(owe(world.harbor, priority=Priority.BULK))
    with tenant_scope(world.harbor.tenant.pk):
        model, values = outbox.job_row(TOPIC, enqueued.object_id, priority=Priority.BULK)
        with pytest.raises(LookupError, match=r"test\.nobody"):
            outbox.job_row("test.nobody", UUID(int=1), priority=Priority.BULK)
    assert model is Outbox
    assert values["id"] != enqueued.pk
    for name in values.keys() - {"id"}:
        assert values[name] == getattr(enqueued, name), name


def test_the_caller_may_choose_the_id(world: World) -> None:
    assert owe(world.harbor, row_id=UUID(int=7)) == UUID(int=7)
    assert row(UUID(int=7)).topic == TOPIC


def test_the_jobs_of_a_block_can_be_noted(world: World) -> None:
    before = owe(world.harbor)
    with outbox.noting_rows() as noted:
        inside = owe(world.harbor)
        with outbox.noting_rows() as inner:
            innermost = owe(world.harbor)
    after = owe(world.harbor)
    assert (noted, inner) == ([inside], [innermost])
    assert {before, after}.isdisjoint(noted)


def test_a_topic_without_a_handler_and_a_job_without_a_tenant_are_refused(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(LookupError, match=r"test\.nobody"):
        outbox.enqueue("test.nobody", UUID(int=1))
    with pytest.raises(ScopeMissing):
        outbox.enqueue(TOPIC, UUID(int=1))


def test_a_job_is_withdrawn_before_it_is_due_and_by_its_own_tenant(world: World) -> None:
    later = owe(world.harbor, due_at=clock.now() + timedelta(seconds=1))
    due = owe(world.harbor)
    with tenant_scope(world.quill.tenant.pk):
        assert not outbox.withdraw(later)
    with tenant_scope(world.harbor.tenant.pk):
        assert not outbox.withdraw(due)
        assert outbox.withdraw(later)
        assert not outbox.withdraw(later)


def test_a_job_that_this_worker_has_claimed_is_leased_from_the_beginning(world: World) -> None:
    limit = Limit("via:openai", 3)
    with tenant_scope(world.harbor.tenant.pk):
        claim = outbox.enqueue_claimed(TOPIC, UUID(int=3), limits=(limit,))
    tenant = world.harbor.tenant.pk
    assert claim == Claim(claim.id, tenant, TOPIC, UUID(int=3), 1, (limit,))
    stored = row(claim.id)
    assert (stored.fence, stored.ready, stored.via) == (1, False, "via:openai")
    assert stored.lease_until == stored.hint_at == clock.now() + LEASE


def test_a_claim_is_completed_once(world: World) -> None:
    claim = claimed(owe(world.harbor))
    assert outbox.claim(claim.id) is None
    assert outbox.complete(claim)
    assert not outbox.complete(claim)


def test_jobs_are_done_until_none_is_left_for_all_or_one_tenant(world: World) -> None:
    for client in (world.harbor, world.harbor, world.quill):
        owe(client)
    assert outbox.drain(world.harbor.tenant.pk) == 2
    assert outbox.drain() == 1
    assert not Outbox.objects.filter(topic=TOPIC).exists()
    assert not outbox.handle(UUID(int=1))


def test_the_sweep_tells_of_each_row_once_and_again_after_a_while(world: World) -> None:
    row_id = owe(world.harbor)
    assert outbox.sweep_due().ids == []
    clock.pass_time(outbox.GRACE)
    found = outbox.sweep_due()
    assert (found.ids, found.wakeup_missed) == ([row_id], False)
    assert outbox.sweep_due().ids == []
    clock.pass_time(outbox.RESEND_AFTER)
    found = outbox.sweep_due()
    assert (found.ids, found.wakeup_missed) == ([row_id], True)
