"""A schedule is one outbox row for each topic and tenant, due again after each run.

Its handler answers ``Postpone``, so the row is never completed. The row's id is a hash of topic and
tenant: two processes that insert it at once make one row, and the search for tenants without a row
uses the primary key.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, QuerySet, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat

from audit.models import Outbox
from tenants import clock
from tenants.models import Tenant
from tenants.scope import current_tenant_id

# A schedule that was parked rests this long, then starts without failures again.
REST = timedelta(hours=1)


def row_id(topic: str, object_id: UUID) -> UUID:
    """Return the id of the outbox row of this topic and object."""
    digest = hashlib.md5(f"{topic}{object_id}".encode(), usedforsecurity=False)
    return UUID(digest.hexdigest())


def tenants_lacking(topic: str) -> QuerySet[Tenant]:
    """Return the tenants without a row of this topic: new tenants, or those whose row was lost."""
    made = MD5(Concat(Value(topic), Cast(OuterRef("pk"), CharField())))
    row = Outbox.objects.filter(pk=Cast(made, UUIDField()))
    return Tenant.objects.filter(~Exists(row)).order_by("pk")


def begin(topic: str, due: dict[UUID, datetime]) -> None:
    """Insert the rows of these tenants with their due times. A row that exists stays as it is."""
    Outbox.objects.bulk_create(
        [
            Outbox(
                id=row_id(topic, tenant_id),
                tenant_id=tenant_id,
                topic=topic,
                object_id=tenant_id,
                due_at=due_at,
                hint_at=due_at,
            )
            for tenant_id, due_at in due.items()
        ],
        ignore_conflicts=True,
    )


def revive(*topics: str) -> int:
    """Make parked rows of these topics due again after REST. Return how many."""
    now = clock.now()
    parked = Outbox.objects.filter(topic__in=topics, parked_at__lte=now - REST)
    return parked.update(parked_at=None, failures=0, due_at=now, hint_at=now)


def set_due(topic: str, object_id: UUID, due_at: datetime) -> None:
    """Insert the one row of an object of the current tenant, or change its due time.

    A parked row starts without failures again. A worker that has the row leased keeps it; ``ready``
    is left to the sweep, which knows about the lease.
    """
    row = Outbox(
        id=row_id(topic, object_id),
        tenant_id=current_tenant_id(),
        topic=topic,
        object_id=object_id,
        due_at=due_at,
        hint_at=due_at,
    )
    moved = ["due_at", "hint_at", "parked_at", "failures"]
    Outbox.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=moved
    )
