"""What is owed: claim with a lease, fence, settle; messages are hints.

A row is the truth. After commit a Celery message with its id is sent; the sweep
sends another for whatever a lost message left behind. Handlers are registered by
topic in the upper apps' ``apps.py``.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from audit import heartbeat
from audit.debts import Debt as Debt
from audit.debts import Does as Does
from audit.debts import Handler as Handler
from audit.debts import Job as Job
from audit.debts import Later as Later
from audit.heartbeat import LEASE
from tenants import clock
from tenants.ids import uuid7
from tenants.scope import current_tenant_id, tenant_scope

log = logging.getLogger(__name__)

# A hint sent at commit gets this long before the sweep sends another.
GRACE = timedelta(seconds=5)
PARK_AFTER = 3

_hints: ContextVar[bool] = ContextVar("handrail_hints", default=True)


_handlers: dict[str, Handler] = {}


def register(topic: str, handler: Handler) -> None:
    """Let ``handler`` take the rows of ``topic``."""
    _handlers[topic] = handler


def owe(topic: str, object_id: UUID, *, due_at: datetime | None = None, claims: int = 0) -> UUID:
    """Write down that the tenant of the scope is owed something; hint after commit if due.

    ``claims`` carries over the fence of a former try, for handlers that count them.
    """
    now, row_id, tenant_id = clock.now(), uuid7(), current_tenant_id()
    due = due_at or now
    hint_at = due + GRACE if due <= now else due
    _insert(row_id, tenant_id, topic, object_id, due, hint_at=hint_at, fence=claims)
    if due <= now:
        transaction.on_commit(lambda: hint(row_id), robust=True)
    return row_id


def owe_leased(topic: str, object_id: UUID) -> Debt:
    """Write down a debt that this worker takes on at once."""
    now, row_id, tenant_id = clock.now(), uuid7(), current_tenant_id()
    until = now + LEASE
    _insert(row_id, tenant_id, topic, object_id, now, hint_at=until, lease_until=until, fence=1)
    return Debt(row_id, tenant_id, topic, object_id, 1)


def _insert(
    row_id: UUID,
    tenant_id: UUID,
    topic: str,
    object_id: UUID,
    due_at: datetime,
    *,
    hint_at: datetime,
    lease_until: datetime | None = None,
    fence: int = 0,
) -> None:
    if topic not in _handlers:
        raise LookupError(f"No handler is registered for the topic {topic!r}.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_outbox (id, tenant_id, topic, object_id, due_at, hint_at, "
            "lease_until, fence, failures) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0)",
            [row_id, tenant_id, topic, object_id, due_at, hint_at, lease_until, fence],
        )


def claim(row_id: UUID) -> Debt | None:
    """Take a due row's lease. None where it is gone, not due, or somebody has it."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            # SKIP LOCKED: of three deliveries at once two return instead of waiting.
            "UPDATE audit_outbox SET lease_until = %(until)s, hint_at = %(until)s, "
            "fence = fence + 1 WHERE id = (SELECT id FROM audit_outbox WHERE id = %(id)s "
            "AND due_at <= %(now)s AND parked_at IS NULL AND "
            "(lease_until IS NULL OR lease_until <= %(now)s) FOR UPDATE SKIP LOCKED) "
            "RETURNING id, tenant_id, topic, object_id, fence",
            {"id": row_id, "now": now, "until": now + LEASE},
        )
        row = cursor.fetchone()
    return Debt(*row) if row else None


def settle(debt: Debt) -> bool:
    """Pay the debt. False: the lease passed to somebody else, so write nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM audit_outbox WHERE id = %s AND fence = %s", [debt.id, debt.fence]
        )
        return bool(cursor.rowcount == 1)


def postpone(debt: Debt, due_at: datetime) -> bool:
    """Give the lease back until ``due_at``, as if it had not been taken. False where it was lost.

    Only in the claim's own transaction: nobody has seen the fence, so it is not counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET lease_until = NULL, failures = 0, fence = fence - 1, "
            "due_at = %s, hint_at = %s WHERE id = %s AND fence = %s",
            [due_at, due_at, debt.id, debt.fence],
        )
        return bool(cursor.rowcount == 1)


def handle(row_id: UUID) -> bool:
    """Do what one row asks. True where this caller did the work."""
    debt: Debt | None = None
    try:
        with transaction.atomic():
            debt = claim(row_id)
            if debt is None:
                return False
            with tenant_scope(debt.tenant_id):
                job = _handlers[debt.topic].prepare(debt)
            if isinstance(job, Later):
                postpone(debt, clock.now() + job.wait)
                return False
            # A handler that made its own leased debt has nothing left of this one.
            if job is None or job.debt.id != debt.id:
                settle(debt)
    except Exception as error:
        log.exception("outbox row %s failed", row_id)
        if debt is not None:
            # The claim was rolled back with everything else.
            _failed(row_id, debt.fence - 1, error)
        return False
    while job is not None:
        job = _carry_out(job)
    return True


def _carry_out(job: Job) -> Job | None:
    try:
        with heartbeat.kept(job.debt.id, job.debt.fence):
            outcome = job.perform()
        with tenant_scope(job.debt.tenant_id):
            if not settle(job.debt):
                log.warning("late writer: %s lost its lease", job.debt.topic)
                return None
            return job.settle(outcome)
    except Exception as error:
        log.exception("outbox row %s failed to settle", job.debt.id)
        _failed(job.debt.id, job.debt.fence, error)
        return None


def _failed(row_id: UUID, fence: int, error: Exception) -> None:
    """Count the failure and back off; park what fails again and again.

    Nothing where the row has passed to somebody else meanwhile.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET failures = failures + 1, lease_until = NULL, "
            "due_at = %(now)s + least(2 ^ failures, 60) * interval '1 second', "
            "hint_at = %(now)s + least(2 ^ failures, 60) * interval '1 second', "
            "parked_at = CASE WHEN failures + 1 >= %(park)s THEN %(now)s END "
            "WHERE id = %(id)s AND fence = %(fence)s "
            "RETURNING id, tenant_id, topic, object_id, fence, parked_at",
            {"id": row_id, "fence": fence, "now": now, "park": PARK_AFTER},
        )
        row = cursor.fetchone()
        if row is None or row[5] is None:
            return
        debt = Debt(*row[:5])
        with tenant_scope(debt.tenant_id):
            _handlers[debt.topic].give_up(debt, f"{type(error).__name__}: {error}")


def hint(row_id: UUID) -> None:
    """Send a message for a row. Losing it costs time, never work."""
    if not (settings.SEND_HINTS and _hints.get()):
        return
    from audit.tasks import handle as task

    try:
        task.apply_async(args=[str(row_id)])
    except OSError as error:
        log.warning("the broker did not take a hint, the sweep will: %s", error)


@contextmanager
def without_hints() -> Iterator[None]:
    """Send no messages: this process drains the outbox itself."""
    token = _hints.set(False)
    try:
        yield
    finally:
        _hints.reset(token)


def sweep(limit: int = 500) -> list[UUID]:
    """Rows that are due and that nobody was told of lately, marked as told now.

    Safe to run in many copies: each row goes to one of them.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET hint_at = %(next)s WHERE id IN (SELECT id FROM audit_outbox "
            "WHERE hint_at <= %(now)s AND parked_at IS NULL ORDER BY hint_at LIMIT %(limit)s "
            "FOR UPDATE SKIP LOCKED) RETURNING id",
            {"now": now, "next": now + timedelta(seconds=15), "limit": limit},
        )
        return [row[0] for row in cursor.fetchall()]


def drain(tenant_id: UUID | None = None) -> int:
    """Handle everything due, in this process, until nothing is. Returns how many rows."""
    done = 0
    while rows := _due(tenant_id):
        done += sum(handle(row_id) for row_id in rows)
    return done


def _due(tenant_id: UUID | None) -> list[UUID]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM audit_outbox WHERE due_at <= %(now)s AND parked_at IS NULL AND "
            "(lease_until IS NULL OR lease_until <= %(now)s) AND "
            "(%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s) ORDER BY due_at, id LIMIT 100",
            {"now": now, "tenant": tenant_id},
        )
        return [row[0] for row in cursor.fetchall()]
