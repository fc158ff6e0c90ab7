"""A wake-up is a message that a job is ready. Losing one costs time, never work."""

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

MOMENT = 0.02  # seconds
TASK = "audit.work"

log = logging.getLogger(__name__)

_wanted: ContextVar[bool] = ContextVar("handrail_hints", default=True)


def send_wakeup(row_id: UUID) -> None:
    """Send a message for a row, at once or with those of the next moment.

    It only says that something is ready: whose turn it is, the claim decides, and a worker
    goes on until nothing is. So of a burst only the first and the last matter.
    """
    if settings.SEND_HINTS and _wanted.get() and _sender.may_send_now(row_id):
        publish_wakeup(row_id)


def publish_wakeup(row_id: UUID) -> bool:
    """Send one message now. False where the broker did not take it."""
    try:
        current_app.send_task(TASK, args=[str(row_id)])
    except (OperationalError, OSError) as error:
        log.warning("the broker did not take a wake-up, the sweep finds the row: %s", error)
        return False
    return True


class _Sender:
    """Lets one wake-up through a moment; one more follows if others came meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = 0.0
        self.latest: UUID | None = None
        self.owed = threading.Event()
        self.thread: threading.Thread | None = None

    def may_send_now(self, row_id: UUID) -> bool:
        """Whether the caller sends; otherwise a thread does, when the moment is over."""
        with self.lock:
            now = time.monotonic()
            if now - self.last >= MOMENT:
                self.last = now
                return True
            if self.thread is None:
                self.thread = threading.Thread(target=self._follow, name="wake-ups", daemon=True)
                self.thread.start()
        self.latest = row_id
        self.owed.set()
        return False

    def _follow(self) -> None:
        while self.owed.wait():
            time.sleep(MOMENT)
            self.owed.clear()
            with self.lock:
                self.last = time.monotonic()
            if self.latest is not None:
                publish_wakeup(self.latest)


_sender = _Sender()


@contextmanager
def without_wakeups() -> Iterator[None]:
    """Send no messages: this process drains the outbox itself."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)
