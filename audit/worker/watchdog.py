"""Whether what is due is being done: a deaf or missing worker shows as due rows nobody takes.

Asked of the rows, not of the broker or of the workers, because any of those may be what
is wrong. Workers and the web ask by themselves; one that hears nothing can't notice it.
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
    """How much is late, and since when the oldest of it is due."""

    count: int
    since: datetime | None

    def sentence(self) -> str:
        """It in words; empty where nothing is late."""
        if self.since is None:
            return ""
        waited = int((clock.now() - self.since).total_seconds())
        things = "1 thing is" if self.count == 1 else f"{self.count} things are"
        return (
            f"{things} due and nobody does them, the oldest for {waited} s: "
            "the workers are gone, deaf or too few."
        )


def measure_delay() -> Late:
    """What has been due for longer than LATE without anybody holding it. One query."""
    before = clock.now() - LATE
    free = Q(lease_until=None) | Q(lease_until__lte=before)
    # What waits for room under a limit is late by that limit, not by the workers.
    rows = Outbox.objects.filter(free, due_at__lte=before, parked_at=None, waits_for=None)
    found = rows.aggregate(n=Count("id"), since=Min("due_at"))
    return Late(found["n"], found["since"])


def log_delay() -> Late:
    """Look, and write a line at level error where something is late."""
    late = measure_delay()
    if late.count:
        log.error("work is late: %s", late.sentence())
    return late


def watch() -> threading.Thread:
    """Alarm again and again from a thread of this process, whatever else it does."""
    thread = threading.Thread(target=_keep_looking, name="lateness", daemon=True)
    thread.start()
    return thread


def _keep_looking() -> None:
    idle = threading.Event()
    while not idle.wait(EVERY):
        try:
            log_delay()
        except DatabaseError as error:
            log.error("nobody can say whether work is late: %s", error)
        finally:
            connection.close()
