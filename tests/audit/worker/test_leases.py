"""A lease is renewed while its call lives, by the holder of the row's fence."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from audit.worker import leases
from audit.worker.leases import LEASE, renew
from tenants import clock
from tests.audit.worker.jobs import claimed, owe, row
from tests.lanes import NOON
from tests.world import World


@pytest.mark.usefixtures("recorder")
def test_a_lease_is_renewed_by_its_own_fence(world: World) -> None:
    mine, lost, other = (claimed(owe(world.harbor)) for _ in range(3))
    ends = clock.now() + LEASE
    clock.pass_time(timedelta(seconds=5))
    renew({mine.id: mine.fence, lost.id: lost.fence - 1})
    assert row(mine.id).lease_until == row(mine.id).hint_at == clock.now() + LEASE
    assert [row(one.id).lease_until for one in (lost, other)] == [ends, ends]
    renew({})


@pytest.fixture
def renewing(monkeypatch: pytest.MonkeyPatch) -> dict[UUID, int]:
    """What would be renewed, without the thread that does it."""
    rows: dict[UUID, int] = {}
    monkeypatch.setattr(leases, "_renewing", rows)
    monkeypatch.setattr(leases, "_thread", [threading.current_thread()])
    return rows


def test_a_row_is_renewed_from_the_call_to_its_end_even_where_it_fails(
    renewing: dict[UUID, int],
) -> None:
    with leases.renewed(UUID(int=1), 3):
        assert renewing == {UUID(int=1): 3}
    assert renewing == {}
    with pytest.raises(KeyError), leases.renewed(UUID(int=1), 3):
        raise KeyError
    assert renewing == {}
    leases.stop_renewing(UUID(int=2))  # one that is not renewed is no error


def test_a_fresh_lease_is_renewed_from_the_second_round_on(renewing: dict[UUID, int]) -> None:
    fresh, older, ended = UUID(int=1), UUID(int=2), UUID(int=3)
    leases.renew_from_now(fresh, 1, fresh=True)
    leases.renew_from_now(older, 1)
    leases.renew_from_now(ended, 1, fresh=True)
    leases.stop_renewing(ended)
    assert leases._due() == {older: 1}
    assert leases._due() == {fresh: 1, older: 1}


def test_under_a_moved_clock_nothing_is_renewed(renewing: dict[UUID, int]) -> None:
    with clock.at(NOON), leases.renewed(UUID(int=1), 3):
        assert renewing == {}


def test_a_lease_is_renewed_several_times_before_it_ends() -> None:
    assert timedelta(seconds=leases.EVERY) * 4 == LEASE
