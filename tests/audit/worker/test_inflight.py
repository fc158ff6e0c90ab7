"""Calls are in flight until their results are stored; as many as a process may take."""

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from audit.jobs import CallResult, Claim, Job
from audit.worker import inflight
from audit.worker.admission import ANSWERS
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


def never() -> bool:
    """Begin no calls."""
    return False


def left() -> int | None:
    """How many calls a caller may begin now."""
    with inflight.room(never) as room:
        return room and room.calls


def test_a_process_takes_so_many_calls_and_remembers_who_found_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inflight, "MOST", 2)
    assert left() == 2
    assert inflight.clear_turned_away() is None
    slow = [Call(1), Call(2)]
    for job in slow:
        job.go.clear()
        inflight.launch(job, lambda results: None)
    assert (inflight.in_flight(), left()) == (2, None)
    assert (inflight.clear_turned_away(), inflight.clear_turned_away()) == (never, None)
    assert inflight.wait_for_all(0) == [job.claim for job in slow]
    for job in slow:
        job.go.set()
    assert inflight.wait_for_all(20) == []
    assert left() == 2


def test_one_caller_has_the_room_until_it_has_begun_its_calls() -> None:
    with inflight.room(never) as room:
        assert room is not None
        assert left() is None
    assert left() is not None


def test_who_found_no_room_is_called_when_no_result_is_left_to_store() -> None:
    happened: list[str] = []
    called = threading.Event()

    def begin_calls() -> bool:
        happened.append("begin")
        called.set()
        return False

    stored, go_on = threading.Event(), threading.Event()

    def store(results: list[CallResult]) -> None:
        happened.extend("store" for _ in results)
        stored.set()
        assert go_on.wait(20)

    for number in range(ANSWERS):
        inflight.launch(Quick(number), store)
    assert stored.wait(20)
    carried = inflight._carried
    with carried.changed:
        assert carried.changed.wait_for(lambda: len(carried.admission.unwritten) == ANSWERS, 20)
    with inflight.room(begin_calls) as room:
        assert room is None
    assert not called.is_set()
    go_on.set()
    assert called.wait(20)
    assert happened[:ANSWERS] == ["store"] * ANSWERS
    assert inflight.wait_for_all(20) == []


def test_calls_that_come_late_keep_nobody_waiting() -> None:
    """Nothing lands, so only the clock can call who found no room."""
    called = threading.Event()
    slow = [Call(number) for number in range(ANSWERS)]
    for job in slow:
        job.go.clear()
        inflight.launch(job, lambda results: None)

    def begin_calls() -> bool:
        called.set()
        return False

    with inflight.room(begin_calls) as room:
        assert room is None
    assert called.wait(20)
    for job in slow:
        job.go.set()
    assert inflight.wait_for_all(20) == []


def test_a_process_that_stops_takes_nothing_more() -> None:
    assert not inflight.is_closed()
    inflight.stop_accepting()
    assert (inflight.is_closed(), left()) == (True, None)
    assert inflight.clear_turned_away() is None


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
