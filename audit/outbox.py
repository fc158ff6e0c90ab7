"""The outbox is the queue of jobs: a row is claimed with a lease and a fence, then completed.

The row is the source of truth. After commit a Celery message with its id wakes a worker; the sweep
sends another message for a row whose message was lost. ``audit.worker.loop`` does the work.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from audit.jobs import CallResult as CallResult
from audit.jobs import Claim as Claim
from audit.jobs import FunctionHandler as FunctionHandler
from audit.jobs import Handler as Handler
from audit.jobs import Job as Job
from audit.jobs import Limit as Limit
from audit.jobs import Postpone as Postpone
from audit.jobs import Priority as Priority
from audit.jobs import SweepResult
from audit.models import Outbox
from audit.worker import (
    claims,
    completion,
    concurrency,
    inflight,
    leases,
    loop,
    sweep,
    wakeups,
)
from audit.worker.handlers import handlers
from audit.worker.handlers import register as register
from audit.worker.leases import LEASE
from audit.worker.loop import PARK_AFTER as PARK_AFTER
from tenants import clock
from tenants.db import unit_of_work
from tenants.db.sql import NewRow
from tenants.ids import uuid7
from tenants.scope import current_tenant_id

log = logging.getLogger(__name__)

# After a wake-up sent at commit the sweep waits this long before it sends another.
GRACE = timedelta(seconds=5)
# After a wake-up of its own the sweep waits this long before it sends the next.
RESEND_AFTER = timedelta(seconds=15)

_noted: ContextVar[list[UUID] | None] = ContextVar("handrail_noted_rows", default=None)


@contextmanager
def noting_rows() -> Iterator[list[UUID]]:
    """The ids of the jobs that are inserted inside the block are in the list, in their order."""
    noted: list[UUID] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def enqueue(
    topic: str,
    object_id: UUID,
    *,
    due_at: datetime | None = None,
    claims: int = 0,
    priority: Priority = Priority.NORMAL,
    row_id: UUID | None = None,
) -> UUID:
    """Insert a job of the current tenant and return its row id.

    A worker is woken after commit where the job is due now. ``claims`` carries over the fence of a
    former row, for handlers that count tries. With ``row_id`` the caller chooses the id, so that it
    can ``withdraw`` the row later. Raises LookupError for a topic without a handler.
    """
    now, row_id = clock.now(), row_id or uuid7()
    due = due_at or now
    ready = due <= now
    hint_at = due + GRACE if ready else due
    _insert(
        _row(row_id, topic, object_id, due, hint_at, fence=claims, priority=priority, ready=ready)
    )
    if ready:
        wake_after_commit(row_id)
    return row_id


def job_row(topic: str, object_id: UUID, *, priority: Priority) -> NewRow:
    """Return the row of a job that is due now, for an act that inserts it with its own row.

    Then ``wake_after_commit`` wakes a worker. Raises LookupError for a topic without a handler.
    """
    now = clock.now()
    return _row(uuid7(), topic, object_id, now, now + GRACE, priority=priority, ready=True)


def wake_after_commit(row_id: UUID) -> None:
    """Wake a worker for a ready row after commit: before it no worker would see the row."""
    # Robust, as the sweep makes up for a failure.
    transaction.on_commit(lambda: wakeups.send_wakeup(row_id), robust=True)


def withdraw(row_id: UUID) -> bool:
    """Delete a job that is not due yet. False where it came due, is leased, or was done."""
    row = Outbox.objects.filter(pk=row_id, tenant_id=current_tenant_id())
    return row.filter(due_at__gt=clock.now(), lease_until=None).delete()[0] == 1


def enqueue_claimed(topic: str, object_id: UUID, *, limits: tuple[Limit, ...] = ()) -> Claim:
    """Insert a job that this worker has claimed already, and return its claim.

    With ``limits`` call ``concurrency.request_capacity`` first; the job occupies capacity from now.
    """
    now, row_id = clock.now(), uuid7()
    until = now + LEASE
    tenant_id = _insert(_row(row_id, topic, object_id, now, until, lease_until=until, fence=1))
    made = Claim(row_id, tenant_id, topic, object_id, 1, limits)
    if limits:
        concurrency.occupy_capacity(made)
    return made


def _insert(job: NewRow) -> UUID:
    model, values = job
    unit_of_work.insert_row(model, **values)
    tenant_id: UUID = values["tenant_id"]
    return tenant_id


def _row(
    row_id: UUID,
    topic: str,
    object_id: UUID,
    due_at: datetime,
    hint_at: datetime,
    *,
    fence: int = 0,
    lease_until: datetime | None = None,
    priority: Priority = Priority.NORMAL,
    ready: bool = False,
) -> NewRow:
    if topic not in handlers:
        raise LookupError(f"No handler is registered for the topic {topic!r}.")
    if (noted := _noted.get()) is not None:
        noted.append(row_id)
    values = {
        "id": row_id,
        "tenant_id": current_tenant_id(),
        "topic": topic,
        "object_id": object_id,
        "due_at": due_at,
        "hint_at": hint_at,
        "lease_until": lease_until,
        "fence": fence,
        "failures": 0,
        "parked_at": None,
        "ready": ready,
        "priority": priority,
    }
    return Outbox, values


def claim(row_id: UUID) -> Claim | None:
    """Claim a due row. None where it is gone, not due, or leased by another worker."""
    with transaction.atomic():
        claimed = claims.claim_row(row_id, [])
        return claimed.claims[0] if claimed.claims else None


def complete(claim: Claim) -> bool:
    """Delete the claimed row. False where the lease was lost: then write nothing."""
    with transaction.atomic():
        return completion.complete_claim(claim)


def handle(row_id: UUID) -> bool:
    """Do the job of one row, with all its calls, in this thread. True where this worker did it."""
    batch = loop.begin(partial(loop.claim_single, row_id))
    for job in batch.jobs:
        following: Job | None = job
        while following is not None:
            following = loop.carry_out(following)
    return bool(batch.done)


def work_batch() -> bool:
    """Claim and begin the next batch; its calls are left in flight.

    False where no other row is ready, or this process has no capacity.
    """
    return loop.work_next()


def hand_back(seconds: float) -> int:
    """Stop accepting jobs, wait for the calls in flight, then release the leases of the others.

    Called before the process ends. Results that arrive in time are stored; jobs that follow them
    are left to other workers. A worker that claims a released row sees by its fence that the call
    may have been made. Return how many rows were released.
    """
    inflight.stop_accepting()
    left = inflight.wait_for_all(seconds)
    if left:
        for unfinished in left:
            leases.stop_renewing(unfinished.id)
        with transaction.atomic():
            completion.release_all(left)
        for unfinished in left:
            wakeups.send_wakeup(unfinished.id)
        log.warning("%s calls did not come back in time and were handed back", len(left))
    return len(left)


def sweep_due(limit: int = 500) -> SweepResult:
    """Mark due rows without a recent wake-up as woken now, and return them.

    Safe to run in many processes at once: each row goes to one of them.
    """
    with transaction.atomic():
        now = clock.now()
        return sweep.sweep(limit, now + RESEND_AFTER, now - GRACE - RESEND_AFTER)


def drain(tenant_id: UUID | None = None) -> int:
    """Handle all due rows in this process until none is left. Return how many were done."""
    done = 0
    while rows := sweep.due_rows(tenant_id):
        done += sum(handle(row_id) for row_id in rows)
    return done
