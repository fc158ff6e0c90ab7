"""Ready rows are claimed with a lease: tenant by tenant, in order, and by one worker each."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from audit.jobs import Claim, ClaimedBatch, Priority
from audit.models import Outbox
from audit.worker import claims
from audit.worker.leases import LEASE
from tenants import clock
from tenants.models import Tenant
from tests.audit.worker.jobs import TOPIC, claimed, owe, row
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")
MANY = {TOPIC: 32}


def batch(most: int = 100, sizes: dict[str, int] = MANY) -> ClaimedBatch:
    return claims.claim_batch(most, sizes, [])


def ids(found: ClaimedBatch) -> list[UUID]:
    return [one.id for one in found.claims]


def test_a_claim_is_leased_and_counted(world: World) -> None:
    row_id = owe(world.harbor)
    made = row(row_id)
    assert batch() == ClaimedBatch(
        [Claim(row_id, world.harbor.tenant.pk, TOPIC, made.object_id, 1)], more=False
    )
    stored = row(row_id)
    assert (stored.fence, stored.ready) == (1, False)
    assert stored.lease_until == stored.hint_at == clock.now() + LEASE
    assert batch() == ClaimedBatch([])


def test_rows_go_by_priority_then_by_age(world: World) -> None:
    bulk = owe(world.harbor, priority=Priority.BULK)
    late, early = (owe(world.harbor, due_at=clock.now() - timedelta(hours=n)) for n in (1, 2))
    first = owe(world.harbor, priority=Priority.INTERACTIVE)
    assert ids(batch()) == [first, early, late, bulk]


def test_a_batch_is_as_large_as_its_topic_its_caller_and_its_failures_allow(world: World) -> None:
    for _ in range(6):
        owe(world.harbor)
    assert [len(batch(sizes={}).claims), len(batch(most=2).claims)] == [1, 2]
    found = batch(sizes={TOPIC: 2})
    assert (len(found.claims), found.more) == (2, True)
    found = batch()
    assert (len(found.claims), found.more) == (1, False)
    Outbox.objects.update(lease_until=None, ready=True, failures=1)
    assert len(batch().claims) == 1


def test_clients_take_turns_by_their_shares(world: World) -> None:
    harbor, quill = sorted((world.harbor, world.quill), key=lambda one: one.tenant.pk)
    Tenant.objects.filter(pk=harbor.tenant.pk).update(share=2)
    for client in (harbor, quill):
        for _ in range(3):
            owe(client)
    order = [batch(sizes={}).claims[0].tenant_id for _ in range(6)]
    one, other = harbor.tenant.pk, quill.tenant.pk
    assert order == [one, one, other, one, other, other]


def test_while_others_wait_a_batch_has_four_rows_for_each_share(world: World) -> None:
    for _ in range(10):
        owe(world.harbor)
        owe(world.quill)
    assert len(batch().claims) == claims.ROWS_A_SHARE == 4
    Tenant.objects.update(share=2)
    assert len(batch().claims) == 8


def test_rows_that_are_only_locked_keep_their_fence(world: World) -> None:
    row_id = owe(world.harbor)
    [found] = claims.claim_batch(1, {}, [TOPIC]).claims
    stored = row(row_id)
    assert (found.fence, stored.fence, stored.lease_until, stored.ready) == (1, 0, None, True)
    [again] = claims.claim_row(row_id, [TOPIC]).claims
    assert (again.fence, row(row_id).fence) == (1, 0)


def test_a_client_at_its_limit_is_skipped_and_remembered(world: World) -> None:
    Tenant.objects.filter(pk=world.harbor.tenant.pk).update(at_once=1)
    owe(world.harbor)
    assert len(batch().claims) == 1
    waits = owe(world.harbor)
    with pytest.raises(claims.AtItsLimit) as refused, transaction.atomic():
        batch()
    assert (refused.value.row_id, refused.value.tenant_id) == (waits, world.harbor.tenant.pk)
    assert batch() == ClaimedBatch([])  # it is not tried again at once
    assert not claims.forget_turned_away(world.harbor.tenant.pk)
    claims.wake_later(refused.value)
    assert row(waits).hint_at == clock.now() + claims.SWEEP_EVERY
    assert claims.forget_turned_away(world.harbor.tenant.pk)
    assert not claims.forget_turned_away(world.harbor.tenant.pk)
    Outbox.objects.exclude(pk=waits).delete()
    assert ids(batch()) == [waits]


def test_one_row_is_claimed_by_its_id_if_it_is_due_and_free(world: World) -> None:
    later = owe(world.harbor, due_at=clock.now() + timedelta(seconds=1))
    parked, held = owe(world.harbor), owe(world.harbor)
    Outbox.objects.filter(pk=parked).update(parked_at=clock.now())
    claimed(held)
    for row_id in (later, parked, held, UUID(int=1)):
        assert claims.claim_row(row_id, []).claims == []
    clock.pass_time(timedelta(seconds=1))
    assert claimed(later).fence == 1
    clock.pass_time(LEASE - timedelta(seconds=1))
    assert claimed(held).fence == 2  # the lease has ended
