"""A wake-up is a message that a job is ready. A lost wake-up delays the job and loses nothing."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any
from uuid import UUID, uuid4

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
        with current_app.producer_or_acquire() as producer:
            producer.publish(**_message(row_id))
    except (OperationalError, OSError) as error:
        log.warning("the broker did not take a wake-up, the sweep finds the row: %s", error)
        return False
    return True


def _message(row_id: UUID) -> dict[str, Any]:
    """Return what ``Producer.publish`` is given, for the message that ``send_task`` would send.

    All messages are the same but for their ids. ``send_task`` makes each anew and declares the
    queue, which the workers do; that takes as long again as sending it.
    """
    body, headers, properties = _same_in_all()
    task_id, arguments = str(uuid4()), [str(row_id)]
    ids = {"id": task_id, "root_id": task_id, "argsrepr": repr(arguments)}
    return {
        "body": (arguments, *body[1:]),
        "headers": headers | ids,
        "correlation_id": task_id,
        **properties,
    }


@cache
def _same_in_all() -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    """Return the body, the headers and the properties of a message."""
    conf, make = current_app.conf, current_app.amqp.create_task_message
    made = make("", TASK, args=[""], ignore_result=None)
    properties = {
        "reply_to": "",  # there are no results
        "exchange": "",  # the default one, whose routing keys are names of queues
        "routing_key": conf.task_default_queue,
        "serializer": conf.task_serializer,
        "retry": conf.task_publish_retry,
        "retry_policy": conf.task_publish_retry_policy,
    }
    return made.body, made.headers, properties


class _Sender:
    """The sender sends one wake-up per INTERVAL: the first at once, others when it is over."""

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
            # While one is pending the thread is about to send.
            if now - self.last >= INTERVAL and not self.pending.is_set():
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
            time.sleep(max(0.0, self.last + INTERVAL - time.monotonic()))
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
