"""A claim ends by its own fence; one with an older fence changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audit.models import Outbox
from audit.worker import claims, completion
from tenants import clock
from tenants.db import unit_of_work
from tests.audit.worker.jobs import TOPIC, claimed, owe, row
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")


def test_a_row_is_completed_once_and_by_its_own_claim(world: World) -> None:
    claim = claimed(owe(world.harbor))
    for fence in (0, 2):
        assert not completion.complete_claim(replace(claim, fence=fence))
    assert completion.complete_claim(claim)
    assert not completion.complete_claim(claim)
    assert not Outbox.objects.filter(pk=claim.id).exists()


def test_of_several_rows_those_not_lost_are_completed(world: World) -> None:
    mine, lost, also = (claimed(owe(world.harbor)) for _ in range(3))
    late = replace(lost, fence=0)
    assert completion.complete_claims([also, late, mine]) == {mine.id, also.id}
    assert list(Outbox.objects.filter(topic=TOPIC).values_list("pk", flat=True)) == [lost.id]
    assert completion.complete_claims([]) == set()


def test_a_row_claimed_in_this_transaction_is_completed_with_what_it_wrote(world: World) -> None:
    leased, other = claimed(owe(world.harbor)), claimed(owe(world.harbor))
    [locked] = claims.claim_row(owe(world.harbor), [TOPIC]).claims
    for claim in (leased, locked, replace(other, fence=3)):
        completion.complete_with_batch(claim)
    unit_of_work.send_kept()
    assert list(Outbox.objects.filter(topic=TOPIC).values_list("pk", flat=True)) == [other.id]


def test_each_failure_waits_twice_as_long_and_the_last_parks(world: World) -> None:
    row_id = owe(world.harbor)
    for failures, seconds in ((1, 1), (2, 2), (3, 4)):
        claim = claimed(row_id)
        parked = completion.record_failure(row_id, claim.fence, 4)
        assert parked is None
        stored = row(row_id)
        assert (stored.failures, stored.ready, stored.lease_until) == (failures, False, None)
        assert stored.due_at == stored.hint_at == clock.now() + timedelta(seconds=seconds)
        clock.pass_time(timedelta(seconds=seconds))
    claim = claimed(row_id)
    assert completion.record_failure(row_id, claim.fence, 4) == claim
    assert row(row_id).parked_at == clock.now()


def test_no_failure_waits_longer_than_a_minute(world: World) -> None:
    row_id = owe(world.harbor)
    for failures, seconds in ((5, 32), (6, 60), (40, 60)):
        Outbox.objects.filter(pk=row_id).update(failures=failures)
        completion.record_failure(row_id, row(row_id).fence, 100)
        assert row(row_id).due_at == clock.now() + timedelta(seconds=seconds)


def test_a_failure_of_a_lost_claim_counts_for_nobody(world: World) -> None:
    claim = claimed(owe(world.harbor))
    assert completion.record_failure(claim.id, claim.fence - 1, 1) is None
    assert (row(claim.id).failures, row(claim.id).parked_at) == (0, None)


def test_a_released_row_is_ready_and_counts_a_claim_only_if_its_call_began(world: World) -> None:
    begun, not_begun, lost = (claimed(owe(world.harbor)) for _ in range(3))
    completion.release_all([begun, replace(lost, fence=0)])
    completion.release(not_begun)
    completion.release(replace(lost, fence=0))
    stored = [row(one.id) for one in (begun, not_begun, lost)]
    assert [one.fence for one in stored] == [1, 0, 1]
    assert [one.ready for one in stored] == [True, True, False]
    assert [one.lease_until is None for one in stored] == [True, True, False]


def test_a_postponed_row_is_due_later_as_if_it_was_never_claimed(world: World) -> None:
    claim, due = claimed(owe(world.harbor)), clock.now() + timedelta(hours=1)
    Outbox.objects.filter(pk=claim.id).update(failures=2)
    assert completion.postpone(claim, due)
    stored = row(claim.id)
    assert (stored.fence, stored.failures, stored.lease_until) == (0, 0, None)
    assert (stored.due_at, stored.hint_at, stored.ready) == (due, due, False)
    lost = claimed(owe(world.harbor))
    Outbox.objects.filter(pk=lost.id).update(fence=2)
    assert not completion.postpone(lost, due)


def test_a_lease_is_held_by_the_newest_claim_while_the_row_is_leased(world: World) -> None:
    claim = claimed(owe(world.harbor))
    assert completion.holds_lease(claim)
    assert not completion.holds_lease(replace(claim, fence=0))
    completion.release_all([claim])
    assert not completion.holds_lease(claim)
