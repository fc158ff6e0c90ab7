"""What comes back for every tenant: one row of the outbox a topic, due again after each turn.

The row is the schedule. Its handler answers ``Postpone``, so it is never completed. Its
id is made from topic and tenant: however many processes write it, there is one, and
looking for tenants that lack it goes through the primary key.
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

# A schedule that failed again and again rests this long, then gets its tries anew.
REST = timedelta(hours=1)


def row_id(topic: str, object_id: UUID) -> UUID:
    """The id of the row of this topic of a tenant, or of a thing of one."""
    digest = hashlib.md5(f"{topic}{object_id}".encode(), usedforsecurity=False)
    return UUID(digest.hexdigest())


def lacking(topic: str) -> QuerySet[Tenant]:
    """Tenants without a row of this topic: new ones, or a row that was lost."""
    made = MD5(Concat(Value(topic), Cast(OuterRef("pk"), CharField())))
    row = Outbox.objects.filter(pk=Cast(made, UUIDField()))
    return Tenant.objects.filter(~Exists(row)).order_by("pk")


def begin(topic: str, due: dict[UUID, datetime]) -> None:
    """Write the rows of these tenants, due then. One that is there already stays as it is."""
    Outbox.objects.bulk_create(
        [
            Outbox(
                id=row_id(topic, tenant_id),
                tenant_id=tenant_id,
                topic=topic,
                object_id=tenant_id,
                due_at=moment,
                hint_at=moment,
            )
            for tenant_id, moment in due.items()
        ],
        ignore_conflicts=True,
    )


def revive(*topics: str) -> int:
    """Give parked schedules another turn after a rest. Returns how many."""
    now = clock.now()
    parked = Outbox.objects.filter(topic__in=topics, parked_at__lte=now - REST)
    return parked.update(parked_at=None, failures=0, due_at=now, hint_at=now)


def set_due(topic: str, object_id: UUID, due_at: datetime) -> None:
    """Write the one row of a thing in the tenant of the scope, or move the one that is there.

    A parked row gets its tries anew. Whoever has the row in hand keeps it, so the sweep,
    which knows, makes it ready.
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
