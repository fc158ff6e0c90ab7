"""No more calls are in flight than a limit says; who finds no room waits and is woken in turn."""

from datetime import timedelta
from typing import Any

import pytest

from audit.jobs import Limit
from audit.models import Outbox
from audit.worker import concurrency
from audit.worker.concurrency import RECHECK, RESERVED_FOR, Refusal, request_capacity
from tenants import clock
from tests.audit.worker.jobs import LANE, VIA, claimed, in_flight, owe, row, waiting
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")


def test_as_many_calls_fit_as_the_limit_says(world: World) -> None:
    assert request_capacity([VIA]) is None
    in_flight(world.harbor, VIA)
    assert request_capacity([VIA]) == Refusal(VIA.key)
    assert request_capacity([Limit(VIA.key, 2)]) is None
    assert request_capacity([Limit("via:other", 1)]) is None
    assert request_capacity([]) is None


def test_every_limit_has_to_have_room(world: World) -> None:
    in_flight(world.harbor, LANE)
    assert request_capacity([VIA]) is None
    assert request_capacity([VIA, LANE]) == Refusal(LANE.key)


def test_a_call_whose_lease_ended_counts_no_longer(world: World) -> None:
    call = in_flight(world.harbor, VIA)
    assert request_capacity([VIA], row_id=call.id) is None  # it does not count against itself
    Outbox.objects.filter(pk=call.id).update(lease_until=clock.now())
    assert request_capacity([VIA]) is None


def test_who_finds_no_room_waits_as_if_it_was_never_claimed(world: World) -> None:
    row_id = waiting(world.harbor)
    stored = row(row_id)
    assert (stored.waits_for, stored.fence, stored.lease_until) == (VIA.key, 0, None)
    assert not stored.ready
    wait = stored.hint_at - clock.now()
    assert RECHECK * 0.8 <= wait <= RECHECK * 1.2 + concurrency.RECHECK_EACH
    kept = claimed(owe(world.harbor))
    concurrency.wait_for_capacity(kept.id, VIA.key)
    assert row(kept.id).fence == 1


def test_while_others_wait_only_a_row_that_was_woken_gets_room(world: World) -> None:
    first = waiting(world.harbor)
    assert request_capacity([VIA]) == Refusal(VIA.key)
    concurrency.wake_waiting([VIA], after=concurrency.NO_ID)
    assert (row(first).ready, row(first).called_at) == (True, clock.now())
    assert request_capacity([VIA], row_id=first) is None
    assert request_capacity([VIA]) == Refusal(VIA.key)  # its room is kept for it
    clock.pass_time(RESERVED_FOR)
    other = claimed(owe(world.harbor))
    Outbox.objects.filter(pk=first).delete()
    assert request_capacity([VIA], row_id=other.id) is None


def test_as_many_are_woken_as_there_is_room_the_oldest_first(world: World) -> None:
    rows = [waiting(world.harbor) for _ in range(3)]
    in_flight(world.harbor, VIA)
    concurrency.wake_waiting([VIA], after=concurrency.NO_ID)
    assert [row(one).ready for one in rows] == [False, False, False]
    concurrency.wake_waiting([Limit(VIA.key, 3)], after=concurrency.NO_ID)
    assert [row(one).ready for one in rows] == [True, True, False]


def test_clients_are_woken_in_turn_and_the_one_with_fewer_calls_first(world: World) -> None:
    one, other = sorted((world.harbor, world.quill), key=lambda client: client.tenant.pk)
    mine, theirs = waiting(one), waiting(other)
    concurrency.wake_waiting([VIA], after=one.tenant.pk)
    assert [row(mine).ready, row(theirs).ready] == [False, True]
    Outbox.objects.filter(pk=theirs).update(ready=False, called_at=None)
    in_flight(other, VIA)
    concurrency.wake_waiting([Limit(VIA.key, 2)], after=one.tenant.pk)
    assert [row(mine).ready, row(theirs).ready] == [True, False]


def test_a_call_that_ends_wakes_who_waits_for_its_limits(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    claim = claimed(owe(world.harbor))
    with django_capture_on_commit_callbacks() as hooks:
        concurrency.free_capacity(claim)
    assert hooks == []
    first, call = waiting(world.harbor), in_flight(world.harbor, VIA)
    Outbox.objects.filter(pk=call.id).update(lease_until=clock.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        concurrency.free_capacity(call)
    assert row(first).ready
