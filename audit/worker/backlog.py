"""The backlog of tenants: how many jobs are ready, in flight, or waiting for capacity."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from audit.models import Outbox
from tenants import clock
from tenants.db import unit_of_work


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
    found = unit_of_work.rows(
        "SELECT mine.id, (SELECT count(*) FROM (SELECT FROM audit_outbox other WHERE other.ready "
        "AND other.tenant_id = mine.tenant_id AND (other.priority, other.due_at, other.id) "
        "< (mine.priority, mine.due_at, mine.id) LIMIT 1000) AS counted) "
        "FROM audit_outbox mine WHERE mine.id = ANY(%s) AND mine.tenant_id = %s AND mine.ready",
        [row_ids, tenant_id],
    )
    return dict(found)


def claims_in_flight(tenant_id: UUID, most: int) -> int:
    """Return how many rows of the tenant are leased now, counted to ``most``."""
    in_flight = Outbox.objects.filter(tenant_id=tenant_id, lease_until__gt=clock.now())
    return in_flight[:most].count()
