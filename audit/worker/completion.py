"""A claim ends here: its row is completed, failed, postponed or released.

Each statement is guarded by the fence. A worker with an older fence has lost its lease to another
worker, so its statement changes nothing.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from audit.jobs import Claim
from audit.models import Outbox
from tenants import clock
from tenants.db import unit_of_work
from tenants.scope import TENANT_SETTING

# A row claimed in this transaction has the fence of its claim if it was leased, and the fence
# before if it was only locked.
_OWN_FENCES = "IN (%s, %s)"

_COMPLETE = f"""
WITH paid AS (DELETE FROM audit_outbox WHERE id = %s AND fence = %s RETURNING tenant_id)
SELECT set_config('{TENANT_SETTING}', tenant_id::text, true) FROM paid
"""

_COMPLETE_ALL = f"""
WITH held AS (
    SELECT o.id, o.tenant_id FROM audit_outbox o
    WHERE o.id = ANY(%s) AND (o.id, o.fence) IN (SELECT * FROM unnest(%s::uuid[], %s::int[]))
    ORDER BY o.id FOR UPDATE
), paid AS (
    DELETE FROM audit_outbox WHERE id = ANY(ARRAY(SELECT id FROM held)) RETURNING id, tenant_id
)
SELECT id, set_config('{TENANT_SETTING}', tenant_id::text, true) FROM paid
"""


def complete_claim(claim: Claim) -> bool:
    """Delete the claimed row and enter its tenant. False: the lease was lost, so write nothing."""
    return bool(unit_of_work.rows(_COMPLETE, [claim.id, claim.fence]))


def complete_claims(claims: list[Claim]) -> set[UUID]:
    """Delete claimed rows of one tenant and enter it. Return the ids of those not lost before."""
    # In the order of their ids, so that two transactions with the same rows can't deadlock.
    ordered = sorted(claims, key=lambda claim: claim.id)
    ids, fences = [claim.id for claim in ordered], [claim.fence for claim in ordered]
    return {row[0] for row in unit_of_work.rows(_COMPLETE_ALL, [ids, ids, fences])}


def complete_with_batch(claim: Claim) -> None:
    """Delete a row claimed in this transaction, in the statement that sends what it wrote."""
    unit_of_work.keep_statement(
        f"DELETE FROM audit_outbox WHERE id = %s AND fence {_OWN_FENCES}",
        [claim.id, *_fences(claim)],
    )


def _fences(claim: Claim) -> list[int]:
    return [claim.fence, claim.fence - 1]


def record_failure(row_id: UUID, fence: int, park_after: int) -> Claim | None:
    """Count a failure of the row and let it wait longer each time; park it after ``park_after``.

    Return the claim where the row was parked now, otherwise None. Nothing happens where another
    worker has claimed the row meanwhile.
    """
    now = clock.now()
    found = unit_of_work.rows(
        "UPDATE audit_outbox SET failures = failures + 1, lease_until = NULL, ready = false, "
        "due_at = %s::timestamptz + least(2 ^ failures, 60) * interval '1 second', "
        "hint_at = %s::timestamptz + least(2 ^ failures, 60) * interval '1 second', "
        "parked_at = CASE WHEN failures + 1 >= %s THEN %s::timestamptz END "
        "WHERE id = %s AND fence = %s RETURNING id, tenant_id, topic, object_id, fence, parked_at",
        [now, now, park_after, now, row_id, fence],
    )
    return Claim(*found[0][:5]) if found and found[0][5] else None


def release_all(claims: list[Claim]) -> None:
    """Release the leases of these rows, so that other workers may claim them at once."""
    unit_of_work.rows(
        "UPDATE audit_outbox o SET lease_until = NULL, hint_at = %s, ready = true "
        "FROM unnest(%s::uuid[], %s::int[]) AS held(id, fence) "
        "WHERE o.id = held.id AND o.fence = held.fence RETURNING 1",
        [clock.now(), [one.id for one in claims], [one.fence for one in claims]],
    )


def release(claim: Claim) -> None:
    """Release a lease whose call was never begun. The fence goes back: no claim is counted."""
    Outbox.objects.filter(pk=claim.id, fence=claim.fence).update(
        lease_until=None, hint_at=clock.now(), ready=True, fence=F("fence") - 1
    )


def postpone(claim: Claim, due_at: datetime) -> bool:
    """Release the row until ``due_at`` as if it had not been claimed. False where it was lost.

    Only in the transaction of the claim: no other worker has seen the fence then, so the claim need
    not be counted.
    """
    found = unit_of_work.rows(
        "UPDATE audit_outbox SET lease_until = NULL, failures = 0, fence = %s, "
        "ready = false, due_at = %s, hint_at = %s "
        f"WHERE id = %s AND fence {_OWN_FENCES} RETURNING 1",
        [claim.fence - 1, due_at, due_at, claim.id, *_fences(claim)],
    )
    return bool(found)


def holds_lease(claim: Claim) -> bool:
    """Return whether this claim of the row is still the newest one and the row is leased."""
    rows = Outbox.objects.filter(pk=claim.id, fence=claim.fence, lease_until__isnull=False)
    return rows.exists()
