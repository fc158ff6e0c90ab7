"""Calls are in flight on one event loop a process; a few threads store their results.

A call waits on the network, so it occupies no thread and no database connection. A call that blocks
(SMTP) runs in one of a few threads of its own. Results that arrive while the writing threads are
busy are stored in batches, tenant by tenant. New calls are begun when no result is left to store:
``audit.worker.admission`` says how many.
"""

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connections

from audit.jobs import CallResult, Claim, Job
from audit.worker import leases
from audit.worker.admission import SOON, Admission, Room

log = logging.getLogger(__name__)

MOST = settings.CALLS_IN_FLIGHT
BLOCKING_THREADS = 16  # for calls that block
WRITE_SECONDS = 5.0  # for storing the last results before a process ends
WRITERS = 2  # threads, and so connections, that write results
BATCH_SIZE = 32  # results of one tenant that one transaction may write

StoreResults = Callable[[list[CallResult]], None]
BeginCalls = Callable[[], bool]  # begins some; true where others may be begun too


@dataclass(slots=True)
class _InFlight:
    """The calls this process has in flight and the results it has to store."""

    claims: dict[Any, Claim] = field(default_factory=dict)
    results: deque[tuple[CallResult, StoreResults]] = field(default_factory=deque)
    admission: Admission = field(default_factory=Admission)
    writers: int = 0
    closed: bool = False
    turned_away: BeginCalls | None = None
    will_recheck: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)


_carried = _InFlight()
# Two threads with the first calls at the same time must not start a loop each.
_engine_lock = threading.Lock()


def loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of this process, which runs in a thread of its own."""
    return _engine().loop


@dataclass(frozen=True, slots=True)
class _Engine:
    """The event loop and the writing threads of this process."""

    loop: asyncio.AbstractEventLoop
    writers: ThreadPoolExecutor


def _engine() -> _Engine:
    # All threads must get the same loop, because an HTTP session belongs to one loop.
    with _engine_lock:
        return _start_engine()


@cache
def _start_engine() -> _Engine:
    made = asyncio.new_event_loop()
    made.set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS, thread_name_prefix="blocking"))
    threading.Thread(target=made.run_forever, name="calls", daemon=True).start()
    return _Engine(made, ThreadPoolExecutor(WRITERS, thread_name_prefix="settling"))


@contextmanager
def room(begin_calls: BeginCalls) -> Iterator[Room | None]:
    """This process has room for so many new calls inside the block; None where it has none.

    Then ``begin_calls`` is called later, when there may be room.
    """
    found = _take_room(begin_calls)
    try:
        yield found
    finally:
        if found is not None:
            with _carried.changed:
                _carried.admission.reserved -= found.answers


def _take_room(begin_calls: BeginCalls) -> Room | None:
    with _carried.changed:
        calls = 0 if _carried.closed else max(MOST - len(_carried.claims), 0)
        answers = _carried.admission.reserve() if calls else 0
        slow_topics = _carried.admission.slow_topics()
        if calls and (answers or slow_topics):
            return Room(calls, answers, slow_topics)
        turn_away(begin_calls)
        return None


def turn_away(begin_calls: BeginCalls) -> None:
    """Call ``begin_calls`` when results were stored, or when calls that are due come late."""
    with _carried.changed:
        _carried.turned_away = begin_calls
        if not _carried.will_recheck:
            _carried.will_recheck = True
            loop().call_soon_threadsafe(loop().call_later, SOON, _recheck)


def _recheck() -> None:
    with _carried.changed:
        _carried.will_recheck = False
        wanted = _carried.turned_away is not None and _carried.writers < WRITERS
        _carried.writers += wanted
    if wanted:
        _engine().writers.submit(_write)


def perform(job: Job) -> Any:
    """Make one call in the calling thread, renewing its lease meanwhile; return its outcome."""
    with leases.renewed(job.claim.id, job.claim.fence):
        if inspect.iscoroutinefunction(job.perform):
            return asyncio.run_coroutine_threadsafe(job.perform(), loop()).result()
        return job.perform()


def launch(job: Job, store: StoreResults, topic: str = "") -> None:
    """Make one call without waiting; ``store`` gets its result in a writing thread.

    Results of other calls of the same tenant may come with it, if they have the same ``store``.
    ``topic`` is the topic of the row whose handler led to the call.
    """
    with _carried.changed:
        _carried.claims[job.claim.id] = job.claim
        _carried.admission.begin(job.claim.id, topic)
    leases.renew_from_now(job.claim.id, job.claim.fence, fresh=True)
    asyncio.run_coroutine_threadsafe(_carry(job, store), loop())


async def _carry(job: Job, store: StoreResults) -> None:
    outcome, error = None, None
    try:
        if inspect.iscoroutinefunction(job.perform):
            outcome = await job.perform()
        else:
            outcome = await asyncio.get_running_loop().run_in_executor(None, job.perform)
    except Exception as raised:
        error = raised
    with _carried.changed:
        _carried.admission.answer(job.claim.id)
        _carried.results.append((CallResult(job, outcome, error), store))
        _carried.changed.notify_all()
        wanted = _carried.writers < WRITERS
        _carried.writers += wanted
    if wanted:
        _engine().writers.submit(_write)


def _write() -> None:
    """Store results until none is left, begin calls then; close the database connection."""
    try:
        while True:
            if batch := _next_batch():
                _store_batch(*batch)
            elif not _begin_calls() and _is_over():
                return
    finally:
        connections.close_all()


def _begin_calls() -> bool:
    """Begin calls for who was turned away. False where there is nothing to begin."""
    begin_calls = clear_turned_away()
    if begin_calls is None or not begin_calls():
        return False
    turn_away(begin_calls)  # after the results that came meanwhile
    return True


def _is_over() -> bool:
    """Return whether this writing thread may end: a result that comes now starts another."""
    with _carried.changed:
        over = not _carried.results
        _carried.writers -= over
        return over


def _next_batch() -> tuple[list[CallResult], StoreResults] | None:
    """Remove the oldest result and others of its tenant from the queue; None where it is empty."""
    with _carried.changed:
        if not _carried.results:
            return None
        first, store = _carried.results.popleft()
        found = [first]
        if _carried.results:
            others = list(_carried.results)
            _carried.results.clear()
            for one in others:
                fits = one[0].job.claim.tenant_id == first.job.claim.tenant_id and one[1] is store
                if fits and len(found) < BATCH_SIZE:
                    found.append(one[0])
                else:
                    _carried.results.append(one)
        return found, store


def _store_batch(batch: list[CallResult], store: StoreResults) -> None:
    for one in batch:
        leases.stop_renewing(one.job.claim.id)
    try:
        store(batch)
    except Exception:
        log.exception("the results of calls could not be stored")
    finally:
        with _carried.changed:
            for one in batch:
                _carried.claims.pop(one.job.claim.id, None)
                _carried.admission.unwritten.pop(one.job.claim.id, None)
            _carried.changed.notify_all()


def clear_turned_away() -> BeginCalls | None:
    """Return what the last caller without room wants called, and forget it."""
    with _carried.changed:
        wanted, _carried.turned_away = _carried.turned_away, None
        return None if _carried.closed else wanted


def in_flight() -> int:
    """Return how many calls this process has in flight."""
    return len(_carried.claims)


def is_closed() -> bool:
    """Return whether this process was told to stop."""
    return _carried.closed


def stop_accepting() -> None:
    """Stop this process from taking new calls."""
    _carried.closed = True


def wait_for_all(seconds: float) -> list[Claim]:
    """Wait for the calls in flight, ``seconds`` at most. Return the claims of those unfinished.

    Results that arrived in time get WRITE_SECONDS more to be stored.
    """
    with _carried.changed:
        _carried.changed.wait_for(lambda: not _carried.claims, timeout=seconds)
        _carried.changed.wait_for(lambda: not _carried.admission.unwritten, timeout=WRITE_SECONDS)
        return list(_carried.claims.values())
