"""The leases of calls in flight are renewed by one thread a process, so that they can be short.

A lease ends LEASE after its worker died, however long a call may take.
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
from tenants.db.statements import SqlStatement

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.LEASE_SECONDS)
EVERY = settings.LEASE_SECONDS / 4  # seconds

# The leases of these rows are extended; rows of another fence, or locked ones, are left alone.
_RENEW = SqlStatement("""
UPDATE audit_outbox SET lease_until = %(until)s, hint_at = %(until)s WHERE id IN (
    SELECT o.id FROM audit_outbox o
    JOIN unnest(%(ids)s::uuid[], %(fences)s::int[]) AS claimed(id, fence)
        ON o.id = claimed.id AND o.fence = claimed.fence
    FOR UPDATE OF o SKIP LOCKED)
""")

_renewing: dict[UUID, int] = {}
_fresh: set[UUID] = set()
_lock = threading.Lock()
_thread: list[threading.Thread] = []


def renew_from_now(row_id: UUID, fence: int, *, fresh: bool = False) -> None:
    """Renew the row's lease until ``stop_renewing``. Under a moved clock do nothing.

    A ``fresh`` lease has just begun: the next round leaves it out, as most calls end before the
    second, and each renewal writes a row and its indexes.
    """
    if clock.moved() is not None:
        return
    with _lock:
        _renewing[row_id] = fence
        if fresh:
            _fresh.add(row_id)
        if not _thread:
            _thread.append(threading.Thread(target=_renew_loop, name="leases", daemon=True))
            _thread[0].start()


def stop_renewing(row_id: UUID) -> None:
    """Stop renewing the row's lease."""
    with _lock:
        _renewing.pop(row_id, None)
        _fresh.discard(row_id)


@contextmanager
def renewed(row_id: UUID, fence: int) -> Iterator[None]:
    """The row's lease is renewed while the block runs."""
    renew_from_now(row_id, fence)
    try:
        yield
    finally:
        stop_renewing(row_id)


def _renew_loop() -> None:
    idle = threading.Event()
    while not idle.wait(EVERY):
        rows = _due()
        if not rows:
            continue
        try:
            renew(rows)
        except DatabaseError as error:
            log.warning("leases could not be renewed: %s", error)
            connection.close()


def _due() -> dict[UUID, int]:
    """Return the rows whose leases are renewed now; fresh ones follow in the next round."""
    with _lock:
        rows = {row_id: fence for row_id, fence in _renewing.items() if row_id not in _fresh}
        _fresh.clear()
        return rows


def renew(rows: dict[UUID, int]) -> None:
    """Extend the leases of these rows, given as row id to fence, by LEASE from now.

    Rows whose fence has changed are left alone. Rows locked by another transaction are skipped:
    their claim is just being completed or taken.
    """
    until = clock.now() + LEASE
    # With values bound by the client, so that each plan is for this number of rows.
    _RENEW.rows_on(connection, until=until, ids=list(rows), fences=list(rows.values()))
