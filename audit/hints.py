"""Hints: messages that something is ready. Losing one costs time, never work."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.conf import settings

log = logging.getLogger(__name__)

_wanted: ContextVar[bool] = ContextVar("handrail_hints", default=True)


def send(row_id: UUID) -> None:
    """Send a message for a row.

    It only says that something is ready: whose turn it is, the claim decides.
    """
    if not (settings.SEND_HINTS and _wanted.get()):
        return
    from audit.tasks import BrokerAway
    from audit.tasks import work as task

    try:
        task.apply_async(args=[str(row_id)])
    except (BrokerAway, OSError) as error:
        log.warning("the broker did not take a hint, the sweep will: %s", error)


@contextmanager
def without_hints() -> Iterator[None]:
    """Send no messages: this process drains the outbox itself."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)
