"""Calls are in flight until their results are stored; as many as a process may take."""

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from audit.jobs import CallResult, Claim, Job
from audit.worker import inflight
from tenants import clock
from tests.lanes import NOON

ONE, TWO = UUID(int=1), UUID(int=2)


class Call:
    """A call that waits until it is let go, then answers or raises."""

    def __init__(self, number: int, outcome: object = "answer", tenant: UUID = ONE) -> None:
        self.claim = Claim(UUID(int=number), tenant, "test.job", UUID(int=9), 1)
        self.outcome, self.go = outcome, threading.Event()
        self.go.set()

    def perform(self) -> object:
        assert self.go.wait(20)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def store_result(self, outcome: object) -> Job | None:
        return None


class Quick(Call):
    """The same as a coroutine, which runs on the loop."""

    async def perform(self) -> object:  # type: ignore[override]
        return self.outcome


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process without calls; under a moved clock no lease is renewed."""
    monkeypatch.setattr(inflight, "_carried", inflight._InFlight())
    with clock.at(NOON):
        yield


def test_a_result_is_stored_and_the_call_is_in_flight_no_more() -> None:
    stored: list[CallResult] = []
    jobs = [Call(1), Quick(2, "quick"), Call(3, RuntimeError("not today"))]
    for job in jobs:
        inflight.launch(job, stored.extend)
    assert inflight.wait_for_all(20) == []
    assert inflight.in_flight() == 0
    found = {one.job.claim.id.int: (one.outcome, str(one.error or "")) for one in stored}
    assert found == {1: ("answer", ""), 2: ("quick", ""), 3: (None, "not today")}


def test_a_result_that_can_not_be_stored_does_not_hold_its_place() -> None:
    def broken(results: list[CallResult]) -> None:
        raise RuntimeError("no")

    inflight.launch(Call(1), broken)
    assert inflight.wait_for_all(20) == []


def test_a_process_takes_so_many_calls_and_remembers_who_found_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inflight, "MOST", 2)
    assert inflight.capacity() == 2
    assert not inflight.clear_turned_away()
    slow = [Call(1), Call(2)]
    for job in slow:
        job.go.clear()
        inflight.launch(job, lambda results: None)
    assert (inflight.in_flight(), inflight.capacity()) == (2, 0)
    assert (inflight.clear_turned_away(), inflight.clear_turned_away()) == (True, False)
    assert inflight.wait_for_all(0) == [job.claim for job in slow]
    for job in slow:
        job.go.set()
    assert inflight.wait_for_all(20) == []
    assert inflight.capacity() == 2


def test_a_process_that_stops_takes_nothing_more() -> None:
    assert not inflight.is_closed()
    inflight.stop_accepting()
    assert (inflight.is_closed(), inflight.capacity()) == (True, 0)
    assert not inflight.clear_turned_away()


def test_one_call_may_be_made_in_this_thread() -> None:
    assert inflight.perform(Call(1)) == "answer"
    assert inflight.perform(Quick(2, "quick")) == "quick"
    with pytest.raises(RuntimeError, match="not today"):
        inflight.perform(Call(3, RuntimeError("not today")))


def test_results_of_one_client_are_stored_together_up_to_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inflight, "BATCH_SIZE", 2)

    def store(results: list[CallResult]) -> None: ...

    def other(results: list[CallResult]) -> None: ...

    waiting = [(1, ONE, store), (2, TWO, store), (3, ONE, other), (4, ONE, store), (5, ONE, store)]
    for number, tenant, how in waiting:
        result = CallResult(Call(number, tenant=tenant), None)
        inflight._carried.results.append((result, how))
    batches = []
    while found := inflight._next_batch():
        batches.append([one.job.claim.id.int for one in found[0]])
    assert batches == [[1, 4], [2], [3], [5]]
