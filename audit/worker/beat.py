"""The clock of a worker: a thread that looks every second for what is due.

Every worker has one, and nothing else ticks. Looking is safe in many copies, so there is
no scheduler to start, to watch and to lose. Where the broker is away, or brings its messages
to nobody, the thread does what it found by itself, so work goes on, only slower.
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
FEW = 16  # wake-ups a sweep sends; whoever gets one goes on until nothing is ready
BY_ITSELF = 200  # rows taken at most without a broker before it looks again


@dataclass(slots=True)
class Chore:
    """Something to do again and again, ``every`` so many seconds."""

    do: Callable[[], object]
    every: float
    due: float = field(default_factory=time.monotonic)


def start_ticking(*more: Chore) -> threading.Thread:
    """Tick in a thread of this process: sweep, look whether work is late, and ``more``."""
    chores = [Chore(send_due_wakeups, EVERY), Chore(watchdog.log_delay, watchdog.EVERY), *more]
    thread = threading.Thread(target=_tick, args=(chores,), name="ticking", daemon=True)
    thread.start()
    return thread


def send_due_wakeups() -> None:
    """Send wake-ups where rows are due whose message was lost or is not yet sent.

    Where one can't be sent, or came to nothing before, this thread does the work.
    """
    found = outbox.find_due()
    if all(wakeups.publish_wakeup(row_id) for row_id in found.ids[:FEW]) and not found.unheard:
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
