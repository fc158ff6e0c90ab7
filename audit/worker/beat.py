"""Every worker has a thread that sweeps due rows each second and does other periodic chores.

Chores are safe to do in many workers at once, so there is no scheduler to start and to watch. Where
the broker is away, or its messages reach no worker, the thread does the due jobs itself, so work
goes on, only slower.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import Error, connections

from audit import outbox
from audit.worker import inflight, wakeups, watchdog

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds
FEW = 16  # wake-ups a sweep sends; a woken worker goes on until no row is ready
BY_ITSELF = 200  # batches this thread does at most between two rounds of chores


@dataclass(slots=True)
class Chore:
    """A periodic chore: call ``do`` every ``every`` seconds."""

    do: Callable[[], object]
    every: float
    due: float = field(default_factory=time.monotonic)


def start_ticking(*more: Chore) -> threading.Thread:
    """Start the thread that does the chores: the sweep, the lateness check, and ``more``."""
    chores = [Chore(send_due_wakeups, EVERY), Chore(watchdog.log_delay, watchdog.EVERY), *more]
    thread = threading.Thread(target=_tick, args=(chores,), name="ticking", daemon=True)
    thread.start()
    return thread


def send_due_wakeups() -> None:
    """Sweep due rows and send wake-ups for them.

    This thread does the work itself where a message can't be sent, or an earlier one led to
    nothing.
    """
    found = outbox.sweep_due()
    sent = all(wakeups.publish_wakeup(row_id) for row_id in found.ids[:FEW])
    if sent and not found.wakeup_missed:
        return
    for _ in range(BY_ITSELF):
        if not outbox.work_batch():
            return


def _tick(chores: list[Chore]) -> None:
    while not inflight.is_closed():
        for chore in chores:
            if chore.due <= time.monotonic():
                chore.due = time.monotonic() + chore.every
                _do(chore)
        time.sleep(EVERY / 10)


def _do(chore: Chore) -> None:
    try:
        chore.do()
    except Error as error:
        log.warning("the database was away from a look at what is due: %s", error)
    except Exception:
        log.exception("a look at what is due failed")
    finally:
        connections.close_all()
