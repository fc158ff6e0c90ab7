"""A wake-up is a message that a job is ready. A lost wake-up delays the job and loses nothing."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from celery import current_app
from celery.exceptions import OperationalError
from django.conf import settings

INTERVAL = 0.02  # seconds
TASK = "audit.work"

log = logging.getLogger(__name__)

_wanted: ContextVar[bool] = ContextVar("handrail_hints", default=True)


def send_wakeup(row_id: UUID) -> None:
    """Send a wake-up for a row, at once or with those of the next INTERVAL.

    A message only says that some row is ready: the claim decides which row is next, and a worker
    goes on until none is ready. So of many wake-ups only the first and the last are needed.
    """
    if settings.SEND_HINTS and _wanted.get() and _sender.may_send_now(row_id):
        publish_wakeup(row_id)


def publish_wakeup(row_id: UUID) -> bool:
    """Publish one message now. False where the broker did not take it."""
    try:
        current_app.send_task(TASK, args=[str(row_id)])
    except (OperationalError, OSError) as error:
        log.warning("the broker did not take a wake-up, the sweep finds the row: %s", error)
        return False
    return True


class _Sender:
    """The sender lets one wake-up through per INTERVAL, and one more after it if others came."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = 0.0
        self.latest: UUID | None = None
        self.pending = threading.Event()
        self.thread: threading.Thread | None = None

    def may_send_now(self, row_id: UUID) -> bool:
        """Return whether the caller sends; if not, a thread sends when the interval is over."""
        with self.lock:
            now = time.monotonic()
            if now - self.last >= INTERVAL:
                self.last = now
                return True
            if self.thread is None:
                self.thread = threading.Thread(target=self._follow, name="wake-ups", daemon=True)
                self.thread.start()
        self.latest = row_id
        self.pending.set()
        return False

    def _follow(self) -> None:
        while self.pending.wait():
            time.sleep(INTERVAL)
            self.pending.clear()
            with self.lock:
                self.last = time.monotonic()
            if self.latest is not None:
                publish_wakeup(self.latest)


_sender = _Sender()


@contextmanager
def without_wakeups() -> Iterator[None]:
    """No wake-ups are sent inside the block: this process drains the outbox itself."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)
