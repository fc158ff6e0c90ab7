"""Calls in flight: one event loop a process carries hundreds, a few threads settle them.

A call waits on the network, so it holds no thread and no database connection. What
blocks (SMTP) runs in a few threads of its own. What came back while the settling
threads were busy is settled together, tenant by tenant.
"""

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connections

from audit.jobs import CallResult, Claim, Job
from audit.worker import leases

log = logging.getLogger(__name__)

MOST = settings.CALLS_IN_FLIGHT
BLOCKING = 16  # threads for calls that block
WRITING = 5.0  # seconds a process that ends gives to what came back last
SETTLING = 2  # threads, and so connections, that write results
TOGETHER = 32  # results of one tenant that one transaction may write

Then = Callable[[list[CallResult]], None]


@dataclass(slots=True)
class _Airspace:
    """What this process carries now."""

    flying: dict[Any, Claim] = field(default_factory=dict)
    landed: deque[tuple[CallResult, Then]] = field(default_factory=deque)
    landing: set[Any] = field(default_factory=set)
    settlers: int = 0
    closed: bool = False
    turned_away: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)


_air = _Airspace()
# Two threads whose first calls come together must not make a loop each.
_engines = threading.Lock()


def loop() -> asyncio.AbstractEventLoop:
    """This process's event loop, in a thread of its own."""
    return _engine().loop


@dataclass(frozen=True, slots=True)
class _Engine:
    """What carries calls and settles them; one a process."""

    loop: asyncio.AbstractEventLoop
    settlers: ThreadPoolExecutor


def _engine() -> _Engine:
    # Threads that ask for it at once must get the same: a session belongs to one loop.
    with _engines:
        return _started()


@cache
def _started() -> _Engine:
    made = asyncio.new_event_loop()
    made.set_default_executor(ThreadPoolExecutor(BLOCKING, thread_name_prefix="blocking"))
    threading.Thread(target=made.run_forever, name="calls", daemon=True).start()
    return _Engine(made, ThreadPoolExecutor(SETTLING, thread_name_prefix="settling"))


def room() -> int:
    """How many more calls this process may take on; a caller that was told 0 is called back."""
    with _air.changed:
        left = 0 if _air.closed else max(MOST - len(_air.flying), 0)
        _air.turned_away = left == 0 and not _air.closed
        return left


def perform(job: Job) -> Any:
    """Make one call and wait for it, in the calling thread."""
    with leases.renewed(job.debt.id, job.debt.fence):
        if inspect.iscoroutinefunction(job.perform):
            return asyncio.run_coroutine_threadsafe(job.perform(), loop()).result()
        return job.perform()


def launch(job: Job, then: Then) -> None:
    """Make one call without waiting; ``then`` gets what came of it in a settling thread.

    Perhaps with that of others of the same tenant, which were launched with the same ``then``.
    """
    with _air.changed:
        _air.flying[job.debt.id] = job.debt
    leases.renew_from_now(job.debt.id, job.debt.fence)
    asyncio.run_coroutine_threadsafe(_fly(job, then), loop())


async def _fly(job: Job, then: Then) -> None:
    outcome, error = None, None
    try:
        if inspect.iscoroutinefunction(job.perform):
            outcome = await job.perform()
        else:
            outcome = await asyncio.get_running_loop().run_in_executor(None, job.perform)
    except Exception as raised:
        error = raised
    with _air.changed:
        _air.landing.add(job.debt.id)
        _air.landed.append((CallResult(job, outcome, error), then))
        wanted = _air.settlers < SETTLING
        _air.settlers += wanted
    if wanted:
        _engine().settlers.submit(_settle)


def _settle() -> None:
    """Settle until nothing is left, then give the connection back."""
    try:
        while together := _next_landed():
            _land(*together)
    finally:
        connections.close_all()


def _next_landed() -> tuple[list[CallResult], Then] | None:
    """The oldest result with what else came back for its tenant; None where there is none."""
    with _air.changed:
        if not _air.landed:
            _air.settlers -= 1
            return None
        first, then = _air.landed.popleft()
        found = [first]
        if _air.landed:
            others = list(_air.landed)
            _air.landed.clear()
            for one in others:
                fits = one[0].job.debt.tenant_id == first.job.debt.tenant_id and one[1] is then
                if fits and len(found) < TOGETHER:
                    found.append(one[0])
                else:
                    _air.landed.append(one)
        return found, then


def _land(landed: list[CallResult], then: Then) -> None:
    for one in landed:
        leases.stop_renewing(one.job.debt.id)
    try:
        then(landed)
    except Exception:
        log.exception("what came of calls could not be settled")
    finally:
        with _air.changed:
            for one in landed:
                _air.flying.pop(one.job.debt.id, None)
                _air.landing.discard(one.job.debt.id)
            _air.changed.notify_all()


def wants_more() -> bool:
    """Whether somebody was turned away while all places were taken; asked once."""
    with _air.changed:
        wanted, _air.turned_away = _air.turned_away, False
        return wanted and not _air.closed


def in_flight() -> int:
    """How many calls this process carries now."""
    return len(_air.flying)


def is_closed() -> bool:
    """Whether this process was told to stop."""
    return _air.closed


def take_no_more() -> None:
    """Let nothing new take off in this process."""
    _air.closed = True


def wait_for_all(seconds: float) -> list[Claim]:
    """Wait for what is in flight, so long. Returns what did not come back.

    What came back in time is known, so it gets a little longer to be written.
    """
    with _air.changed:
        _air.changed.wait_for(lambda: not _air.flying, timeout=seconds)
        _air.changed.wait_for(lambda: not _air.landing, timeout=WRITING)
        return list(_air.flying.values())
