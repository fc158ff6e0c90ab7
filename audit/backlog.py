"""How much is owed to tenants now: ready, in flight, waiting for room. For those who watch."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from audit.models import Outbox
from tenants import clock


def of_tenants(tenant_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """By tenant: ``queued``, ``flying`` and ``held`` rows, and since when the oldest is ready.

    One query. The outbox is outside the wall, so the caller names only tenants of its own.
    """
    now = clock.now()
    flying = Q(lease_until__gt=now)
    held = Q(waits_for__isnull=False, ready=False) & ~flying
    ready = Q(ready=True) & ~flying
    rows = (
        Outbox.objects.filter(ready | flying | held, tenant_id__in=tenant_ids)
        .order_by()
        .values("tenant_id")
        .annotate(
            queued=Count("id", filter=ready),
            flying=Count("id", filter=flying),
            held=Count("id", filter=held),
            ready_since=Min("due_at", filter=ready),
        )
    )
    return {row["tenant_id"]: {k: v for k, v in row.items() if k != "tenant_id"} for row in rows}
