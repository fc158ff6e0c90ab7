"""Sealing the record: a hash chain over batches of events, one chain a tenant."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from audit.canonical import dumps
from audit.models import Event, Seal
from tenants.scope import current_tenant_id

START = "0" * 64


def seal() -> Seal | None:
    """Seal the events of finished transactions. None where there is nothing new.

    A lock a tenant keeps two sealers from forking the chain.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('seal'), hashtext(%s))",
            [str(current_tenant_id())],
        )
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
        last = Seal.objects.order_by("-number").first()
        batch = list(_batch(last.upto if last else 0, horizon))
        if not batch:
            return None
        before = last.sha256 if last else START
        return Seal.objects.create(
            number=last.number + 1 if last else 1,
            upto=horizon,
            events=len(batch),
            before=before,
            sha256=seal_fingerprint(before, batch),
        )


def first_broken() -> int | None:
    """The number of the first seal whose events are not what was sealed; None if all hold."""
    before, floor = START, 0
    for stored in Seal.objects.order_by("number"):
        batch = list(_batch(floor, stored.upto))
        if stored.before != before or stored.sha256 != seal_fingerprint(before, batch):
            return stored.number
        before, floor = stored.sha256, stored.upto
    return None


def seal_fingerprint(before: str, events: Iterable[Event]) -> str:
    """SHA-256 over the former seal and the canonical JSON of each event in order."""
    digest = hashlib.sha256(before.encode())
    for event in events:
        digest.update(dumps(sealed_fields(event)).encode() + b"\n")
    return digest.hexdigest()


def sealed_fields(event: Event) -> dict[str, Any]:
    """What of an event is sealed."""
    return {
        "id": str(event.id),
        "at": event.at.isoformat(timespec="microseconds"),
        "verb": event.verb,
        "actor": [event.actor_kind, str(event.actor_id or ""), event.actor_label],
        "object": [event.object_kind, str(event.object_id), event.object_label],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "request": event.request_id,
    }


def _batch(floor: int, ceiling: int) -> Iterable[Event]:
    rows = Event.objects.filter(transaction_id__gte=floor, transaction_id__lt=ceiling)
    return rows.order_by("transaction_id", "id").iterator()
