"""The sweep: what is due becomes ready, and what a dead worker had leased does too."""

from datetime import timedelta

import pytest

from audit.worker import sweep
from audit.worker.leases import LEASE
from tenants import clock
from tests.audit.worker.jobs import claimed, owe, row
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")


def test_the_sweep_makes_due_rows_ready_and_tells_of_missed_wake_ups(world: World) -> None:
    now = clock.now()
    due = owe(world.harbor, due_at=now + timedelta(hours=1))
    owe(world.harbor, due_at=now + timedelta(hours=2))
    assert not row(due).ready
    clock.pass_time(timedelta(hours=1))
    again = clock.now() + timedelta(seconds=15)
    found = sweep.sweep(10, again, clock.now() - timedelta(seconds=20))
    assert (found.ids, found.wakeup_missed) == ([due], False)
    assert (row(due).ready, row(due).hint_at) == (True, again)
    assert sweep.sweep(10, again, clock.now()).ids == []
    clock.pass_time(timedelta(seconds=15))
    assert sweep.sweep(10, again, clock.now()).wakeup_missed


def test_the_sweep_frees_a_job_whose_lease_has_ended_and_no_other(world: World) -> None:
    dead, alive = owe(world.harbor), owe(world.harbor)
    claimed(dead)
    clock.pass_time(LEASE / 2)
    claimed(alive)
    clock.pass_time(LEASE / 2)
    again = clock.now() + timedelta(seconds=15)
    assert sweep.sweep(10, again, clock.now()).ids == [dead]
    assert (row(dead).ready, row(dead).lease_until, row(dead).hint_at) == (True, None, again)
    assert (row(alive).ready, row(alive).lease_until) == (False, clock.now() + LEASE / 2)
    assert claimed(dead).fence == 2


def test_due_rows_are_listed_oldest_first_for_all_or_one(world: World) -> None:
    now = clock.now()
    old = owe(world.quill, due_at=now - timedelta(hours=1))
    new = owe(world.harbor)
    owe(world.harbor, due_at=now + timedelta(hours=1))
    assert sweep.due_rows() == [old, new]
    assert sweep.due_rows(world.harbor.tenant.pk) == [new]
    claimed(new)
    assert sweep.due_rows() == [old]
