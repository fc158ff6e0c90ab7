"""The backlog of tenants: how many jobs are ready, in flight, or waiting for capacity."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q

from audit.models import Outbox
from tenants import clock
from tenants.db.statements import SqlStatement


class _RowsAhead(NamedTuple):
    id: UUID
    ahead: int


# For each of these rows that is ready, the ready rows of the tenant that go first are counted.
_AHEAD_IN_QUEUE = SqlStatement(
    """
SELECT o.id, (SELECT count(*) FROM (
    SELECT FROM audit_outbox other WHERE other.ready AND other.tenant_id = o.tenant_id
    AND (other.priority, other.due_at, other.id) < (o.priority, o.due_at, o.id)
    LIMIT 1000) AS counted) AS ahead
FROM audit_outbox o WHERE o.id = ANY(%(ids)s) AND o.tenant_id = %(tenant)s AND o.ready
""",
    _RowsAhead,
)

# For each of these rows that waits for a limit, the rows of the tenant that go first are counted.
_AHEAD_AT_LIMIT = SqlStatement(
    """
SELECT waiting.id, (SELECT count(*) FROM (
    SELECT FROM audit_outbox other
    WHERE other.waits_for = waiting.waits_for AND other.tenant_id = waiting.tenant_id
    AND (other.priority, other.due_at, other.id)
        < (waiting.priority, waiting.due_at, waiting.id) LIMIT 1000) AS counted) AS ahead
FROM audit_outbox waiting
WHERE waiting.id = ANY(%(ids)s) AND waiting.tenant_id = %(tenant)s
AND waiting.waits_for IS NOT NULL
""",
    _RowsAhead,
)

# The tenant's leased rows are counted, up to the given number.
_CLAIMS_IN_FLIGHT = SqlStatement(
    """
SELECT count(*) FROM (
    SELECT FROM audit_outbox WHERE tenant_id = %(tenant)s AND lease_until > %(now)s
    LIMIT %(most)s) AS counted
""",
    int,
)


def of_tenants(tenant_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return by tenant the counts ``queued``, ``flying`` and ``held``, and ``ready_since``.

    ``flying`` counts calls in flight, ``held`` rows that wait for capacity; ``ready_since`` is the
    due time of the oldest ready row. One query. The outbox is outside the tenant wall, so a caller
    must pass only tenants it may see.
    """
    now = clock.now()
    in_flight = Q(lease_until__gt=now)
    waiting = Q(waits_for__isnull=False, ready=False) & ~in_flight
    ready = Q(ready=True) & ~in_flight
    rows = (
        Outbox.objects.filter(ready | in_flight | waiting, tenant_id__in=tenant_ids)
        .order_by()
        .values("tenant_id")
        .annotate(
            queued=Count("id", filter=ready),
            flying=Count("id", filter=in_flight),
            held=Count("id", filter=waiting),
            ready_since=Min("due_at", filter=ready),
        )
    )
    return {row["tenant_id"]: {k: v for k, v in row.items() if k != "tenant_id"} for row in rows}


def ahead_in_queue(tenant_id: UUID, row_ids: list[UUID]) -> dict[UUID, int]:
    """Return, for those of these rows that are ready, how many go first, counted to 1,000."""
    return {row.id: row.ahead for row in _AHEAD_IN_QUEUE.rows(ids=row_ids, tenant=tenant_id)}


def ahead_at_limit(tenant_id: UUID, row_ids: list[UUID]) -> dict[UUID, int]:
    """Return, for each of the rows that waits for capacity, how many rows of the tenant go first.

    Counted to 1,000. Rows of other tenants are not counted, as they are not to be disclosed.
    """
    rows = _AHEAD_AT_LIMIT.rows(ids=row_ids, tenant=tenant_id)
    return {row.id: row.ahead for row in rows}


def calls_in_flight(keys: list[str]) -> dict[str, int]:
    """Return how many calls count against each of these limit keys of workflows now."""
    in_flight = Outbox.objects.filter(lane__in=keys, lease_until__gt=clock.now()).order_by()
    counts = in_flight.values_list("lane").annotate(calls=Count("id"))
    return dict.fromkeys(keys, 0) | dict(counts)


def claims_in_flight(tenant_id: UUID, most: int) -> int:
    """Return how many rows of the tenant are leased now, counted to ``most``."""
    return _CLAIMS_IN_FLIGHT.row(tenant=tenant_id, now=clock.now(), most=most) or 0
