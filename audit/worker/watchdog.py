"""The lateness of due rows shows whether workers are running and receive their wake-ups.

The check reads the outbox and asks neither the broker nor the workers, because those may be at
fault. It runs in workers and in web processes, because a worker without messages can't notice that
itself.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q

from audit.models import Outbox
from tenants import clock

log = logging.getLogger(__name__)

LATE = timedelta(seconds=settings.LATE_SECONDS)
EVERY = max(1.0, settings.LATE_SECONDS / 4)  # seconds


@dataclass(frozen=True, slots=True)
class Late:
    """The number of late rows, and since when the oldest of them is due."""

    count: int
    since: datetime | None

    def sentence(self) -> str:
        """Return a sentence about the late rows; empty where none is late."""
        if self.since is None:
            return ""
        waited = int((clock.now() - self.since).total_seconds())
        things = "1 thing is" if self.count == 1 else f"{self.count} things are"
        return (
            f"{things} due and nobody does them, the oldest for {waited} s: "
            "the workers are gone, deaf or too few."
        )


def measure_delay() -> Late:
    """Count the rows that are due for longer than LATE and not leased. One query."""
    before = clock.now() - LATE
    free = Q(lease_until=None) | Q(lease_until__lte=before)
    # A row that waits for capacity is late because of its limit, not because of the workers.
    rows = Outbox.objects.filter(free, due_at__lte=before, parked_at=None, waits_for=None)
    found = rows.aggregate(n=Count("id"), since=Min("due_at"))
    return Late(found["n"], found["since"])


def log_delay() -> Late:
    """Count the late rows and log an error where there are any."""
    late = measure_delay()
    if late.count:
        log.error("work is late: %s", late.sentence())
    return late


def watch() -> threading.Thread:
    """Start a thread of this process that logs late rows again and again."""
    thread = threading.Thread(target=_log_loop, name="lateness", daemon=True)
    thread.start()
    return thread


def _log_loop() -> None:
    idle = threading.Event()
    while not idle.wait(EVERY):
        try:
            log_delay()
        except DatabaseError as error:
            log.error("nobody can say whether work is late: %s", error)
        finally:
            connection.close()
