"""Jobs are rows of the outbox: claimed with a lease, fenced, completed; messages only wake.

A row is the truth. After commit a Celery message with its id is sent; the sweep
sends another for whatever a lost message left behind. ``audit.worker.loop`` does the work.
"""

import logging
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
from audit.worker import claims, completion, concurrency, inflight, leases, loop, wakeups
from audit.worker.handlers import handlers
from audit.worker.handlers import register as register
from audit.worker.leases import LEASE
from audit.worker.loop import PARK_AFTER as PARK_AFTER
from tenants import clock
from tenants.db import unit_of_work
from tenants.ids import uuid7
from tenants.scope import current_tenant_id

log = logging.getLogger(__name__)

# A wake-up sent at commit gets this long before the sweep sends another.
GRACE = timedelta(seconds=5)
# And a wake-up of the sweep this long before the next.
AGAIN = timedelta(seconds=15)


def enqueue(
    topic: str,
    object_id: UUID,
    *,
    due_at: datetime | None = None,
    claims: int = 0,
    priority: Priority = Priority.NORMAL,
    row_id: UUID | None = None,
) -> UUID:
    """Write down a job of the tenant of the scope; wake a worker after commit if it is due.

    ``claims`` carries over the fence of a former try, for handlers that count them.
    ``row_id`` is for whoever may want to ``withdraw`` it.
    """
    now, row_id = clock.now(), row_id or uuid7()
    due = due_at or now
    ready = due <= now
    hint_at = due + GRACE if ready else due
    _insert(row_id, topic, object_id, due, hint_at, fence=claims, priority=priority, ready=ready)
    if ready:
        transaction.on_commit(lambda: wakeups.send_wakeup(row_id), robust=True)
    return row_id


def withdraw(row_id: UUID) -> bool:
    """Owe it no more. False: it came due, somebody has it in hand, or it was done."""
    row = Outbox.objects.filter(pk=row_id, tenant_id=current_tenant_id())
    return row.filter(due_at__gt=clock.now(), lease_until=None).delete()[0] == 1


def enqueue_claimed(topic: str, object_id: UUID, *, limits: tuple[Limit, ...] = ()) -> Claim:
    """Write down a job that this worker claims at once, after ``concurrency.find_room`` gave it."""
    now, row_id = clock.now(), uuid7()
    until = now + LEASE
    tenant_id = _insert(row_id, topic, object_id, now, until, lease_until=until, fence=1)
    debt = Claim(row_id, tenant_id, topic, object_id, 1, limits)
    if limits:
        concurrency.occupy(debt)
    return debt


def _insert(
    row_id: UUID,
    topic: str,
    object_id: UUID,
    due_at: datetime,
    hint_at: datetime,
    *,
    fence: int,
    lease_until: datetime | None = None,
    priority: Priority = Priority.NORMAL,
    ready: bool = False,
) -> UUID:
    if topic not in handlers:
        raise LookupError(f"No handler is registered for the topic {topic!r}.")
    tenant_id = current_tenant_id()
    unit_of_work.insert_row(
        Outbox,
        id=row_id,
        tenant_id=tenant_id,
        topic=topic,
        object_id=object_id,
        due_at=due_at,
        hint_at=hint_at,
        lease_until=lease_until,
        fence=fence,
        failures=0,
        parked_at=None,
        ready=ready,
        priority=priority,
    )
    return tenant_id


def claim(row_id: UUID) -> Claim | None:
    """Take a due row's lease. None where it is gone, not due, or somebody has it."""
    with transaction.atomic():
        return claims.claim_row(row_id, [])


def complete(debt: Claim) -> bool:
    """Pay the debt. False: the lease passed to somebody else, so write nothing."""
    with transaction.atomic():
        return completion.complete_claim(debt)


def handle(row_id: UUID) -> bool:
    """Do what one row asks, calls and all. True where this caller did the work."""
    turn = loop.begin(partial(loop.claim_single, row_id))
    for job in turn.jobs:
        following: Job | None = job
        while following is not None:
            following = loop.carry_out(following)
    return bool(turn.done)


def work_batch() -> bool:
    """Take what is next in turn; its calls are left in flight. False: nothing more is ready."""
    return loop.work_next()


def hand_back(seconds: float) -> int:
    """Before this process ends: wait for its calls, then free the leases of the rest.

    What comes back in time is written, and what would follow it is left to others. Whoever
    takes a freed row sees by its fence that the call may have been made. Returns how many
    were freed.
    """
    inflight.take_no_more()
    left = inflight.wait_for_all(seconds)
    if left:
        for debt in left:
            leases.stop_renewing(debt.id)
        with transaction.atomic():
            completion.release_all(left)
        for debt in left:
            wakeups.send_wakeup(debt.id)
        log.warning("%s calls did not come back in time and were handed back", len(left))
    return len(left)


def find_due(limit: int = 500) -> SweepResult:
    """Rows that are due and that nobody was told of lately, marked as told now.

    Safe to run in many copies: each row goes to one of them.
    """
    with transaction.atomic():
        now = clock.now()
        return claims.sweep(limit, now + AGAIN, now - GRACE - AGAIN)


def drain(tenant_id: UUID | None = None) -> int:
    """Handle everything due, in this process, until nothing is. Returns how many rows."""
    done = 0
    while rows := claims.due_rows(tenant_id):
        done += sum(handle(row_id) for row_id in rows)
    return done
