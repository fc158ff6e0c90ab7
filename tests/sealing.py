"""A seal covers finished transactions only, and Postgres looks at those of the whole server."""

from uuid import UUID

from django.db import connection
from django.db.models import Max

from audit.models import Event
from tenants.scope import tenant_scope
from tests.processes import wait_until


def wait_for_older(tenant_id: UUID) -> None:
    """Wait until no open transaction, of another test's too, is older than the last event."""
    with tenant_scope(tenant_id):
        newest = Event.objects.aggregate(n=Max("transaction_id"))["n"]

    def over() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            return bool(cursor.fetchone()[0] > newest)

    wait_until(over, seconds=120, what="older transactions have ended")
