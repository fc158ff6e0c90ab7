"""Rows that are due become ready for a claim, whatever happened to their wake-ups."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from audit.jobs import SweepResult
from audit.models import Outbox
from tenants import clock
from tenants.db.statements import SqlStatement


class _SweptRow(NamedTuple):
    id: UUID
    wakeup_missed: bool


# Rows that are due become ready, and those that need a wake-up are returned. Rows that are not
# ready yet go first, so that many rows that only get another wake-up don't delay a timer. Leased
# rows are few, and their index has all of them: they have no entry by ``hint_at``.
_SWEEP = SqlStatement(
    """
WITH expired AS MATERIALIZED (
    SELECT id FROM audit_outbox WHERE lease_until <= %(now)s AND parked_at IS NULL
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), due AS MATERIALIZED (
    SELECT id FROM audit_outbox
    WHERE hint_at <= %(now)s AND lease_until IS NULL AND parked_at IS NULL
    ORDER BY ready, hint_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE audit_outbox SET hint_at = %(next_wakeup_at)s,
    ready = due_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s),
    lease_until = CASE WHEN lease_until > %(now)s THEN lease_until END
WHERE id = ANY(ARRAY(SELECT id FROM expired UNION ALL SELECT id FROM due))
RETURNING id, due_at <= %(old)s AS wakeup_missed
""",
    _SweptRow,
)


def sweep(limit: int, next_wakeup_at: datetime, old: datetime) -> SweepResult:
    """Make rows ready that are due or whose lease has ended; return those that need a wake-up.

    Their next wake-up is due at ``next_wakeup_at``. A row that was due before ``old`` has had a
    wake-up already.
    """
    rows = _SWEEP.rows(next_wakeup_at=next_wakeup_at, now=clock.now(), limit=limit, old=old)
    return SweepResult([row.id for row in rows], any(row.wakeup_missed for row in rows))


def due_rows(tenant_id: UUID | None = None) -> list[UUID]:
    """Return the ids of rows that could be claimed now, the oldest first; at most 100.

    With ``tenant_id`` only rows of that tenant.
    """
    now = clock.now()
    rows = Outbox.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        Q(waits_for=None) | Q(ready=True) | Q(hint_at__lte=now),
        due_at__lte=now,
        parked_at=None,
    )
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    return list(rows.order_by("due_at", "id").values_list("id", flat=True)[:100])
