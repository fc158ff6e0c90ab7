"""Keeping the leases of calls in flight, so that they can be short.

A lease ends seconds after its worker died, however long a call may take. One
thread a process renews all of its leases together.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from tenants import clock

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.LEASE_SECONDS)
EVERY = settings.LEASE_SECONDS / 4  # seconds

_held: dict[UUID, int] = {}
_lock = threading.Lock()
_thread: list[threading.Thread] = []


def renew_from_now(row_id: UUID, fence: int) -> None:
    """Renew this row's lease until ``let_go``. Nothing to do under a moved clock."""
    if clock.moved() is not None:
        return
    with _lock:
        _held[row_id] = fence
        if not _thread:
            _thread.append(threading.Thread(target=_beat, name="leases", daemon=True))
            _thread[0].start()


def stop_renewing(row_id: UUID) -> None:
    """Renew this row's lease no more."""
    with _lock:
        _held.pop(row_id, None)


@contextmanager
def renewed(row_id: UUID, fence: int) -> Iterator[None]:
    """Renew this row's lease while the block runs."""
    renew_from_now(row_id, fence)
    try:
        yield
    finally:
        stop_renewing(row_id)


def _beat() -> None:
    idle = threading.Event()
    while not idle.wait(EVERY):
        with _lock:
            held = dict(_held)
        if not held:
            continue
        try:
            renew(held)
        except DatabaseError as error:
            log.warning("leases could not be renewed: %s", error)
            connection.close()


def renew(held: dict[UUID, int]) -> None:
    """Push out the leases of rows still held with these fences.

    A row that somebody is just settling or taking is left for the next time.
    """
    until = clock.now() + LEASE
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET lease_until = %s, hint_at = %s WHERE id IN ("
            "SELECT o.id FROM audit_outbox o JOIN unnest(%s::uuid[], %s::int[]) "
            "AS held(id, fence) ON o.id = held.id AND o.fence = held.fence "
            "FOR UPDATE OF o SKIP LOCKED)",
            [until, until, list(held), list(held.values())],
        )
