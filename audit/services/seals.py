"""Seals protect the record: a hash chain over batches of events, one chain a tenant."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from audit.canonical import dumps
from audit.models import Event, Seal
from tenants.db.statements import SqlStatement
from tenants.scope import current_tenant_id

START = "0" * 64


# The tenant's chain is locked: two sealers at once would fork it.
_LOCK_CHAIN = SqlStatement(
    "SELECT pg_advisory_xact_lock(hashtext('seal'), hashtext(%(tenant)s))::text"
)

# Transactions below this id have ended, so none of them can still add an event.
_HORIZON = SqlStatement("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", int)


def seal() -> Seal | None:
    """Seal the tenant's events of finished transactions. None where there are no new ones."""
    with transaction.atomic():
        _LOCK_CHAIN.run(tenant=current_tenant_id())
        (horizon,) = _HORIZON.rows()
        last = Seal.objects.order_by("-number").first()
        batch = _batch(last.upto if last else 0, horizon)
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
    """Return the number of the first seal that does not match its events; None if all match."""
    before, floor = START, 0
    for stored in Seal.objects.order_by("number"):
        batch = _batch(floor, stored.upto)
        if stored.before != before or stored.sha256 != seal_fingerprint(before, batch):
            return stored.number
        before, floor = stored.sha256, stored.upto
    return None


def seal_fingerprint(before: str, events: Iterable[Event]) -> str:
    """Return the SHA-256 over the former seal's hash and each event's canonical JSON in order."""
    digest = hashlib.sha256(before.encode())
    for event in events:
        digest.update(dumps(sealed_fields(event)).encode() + b"\n")
    return digest.hexdigest()


def sealed_fields(event: Event) -> dict[str, Any]:
    """Return the fields of an event that its seal covers."""
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


def _batch(floor: int, ceiling: int) -> list[Event]:
    rows = Event.objects.filter(transaction_id__gte=floor, transaction_id__lt=ceiling)
    return list(rows.order_by("transaction_id", "id"))
