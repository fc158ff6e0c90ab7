"""A claim ends here: its row is completed, failed, postponed or released.

Each statement is guarded by the fence. A worker with an older fence has lost its lease to another
worker, so its statement changes nothing.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F

from audit.jobs import Claim
from audit.models import Outbox
from tenants import clock
from tenants.db.statements import SqlStatement
from tenants.scope import TENANT_SETTING


class _CompletedRow(NamedTuple):
    id: UUID
    setting: str


class _FailedRow(NamedTuple):
    id: UUID
    tenant_id: UUID
    topic: str
    object_id: UUID
    fence: int
    parked_at: datetime | None


# A row claimed in this transaction has the fence of its claim if it was leased, and the fence
# before if it was only locked.
_OWN_FENCES = "IN (%(fence)s, %(fence_before)s)"

# The claimed row is deleted and its tenant entered.
_COMPLETE = SqlStatement(f"""
WITH completed AS (
    DELETE FROM audit_outbox WHERE id = %(row)s AND fence = %(fence)s RETURNING tenant_id
)
SELECT set_config('{TENANT_SETTING}', tenant_id::text, true) FROM completed
""")


@cache
def _complete_and_read(function: str) -> SqlStatement[tuple[Any, ...]]:
    """Return the statement that completes a claim, enters its tenant and reads ahead there.

    The function's argument depends on the setting, so that it sees the tenant.
    """
    return SqlStatement(
        f"""
WITH completed AS (
    DELETE FROM audit_outbox WHERE id = %(row)s AND fence = %(fence)s RETURNING tenant_id
), tenant AS MATERIALIZED (
    SELECT set_config('{TENANT_SETTING}', tenant_id::text, true) AS setting FROM completed
)
SELECT found.* FROM tenant CROSS JOIN LATERAL {function}(
    CASE WHEN tenant.setting IS NOT NULL THEN %(object)s::uuid END) AS found
""",
        lambda *row: row,
    )


# Claimed rows of one tenant are locked in the order of their ids, deleted, and the tenant entered.
_COMPLETE_ALL = SqlStatement(
    f"""
WITH locked AS (
    SELECT o.id, o.tenant_id FROM audit_outbox o
    WHERE o.id = ANY(%(ids)s)
    AND (o.id, o.fence) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::int[]))
    ORDER BY o.id FOR UPDATE
), completed AS (
    DELETE FROM audit_outbox WHERE id = ANY(ARRAY(SELECT id FROM locked)) RETURNING id, tenant_id
)
SELECT id, set_config('{TENANT_SETTING}', tenant_id::text, true) AS setting FROM completed
""",
    _CompletedRow,
)

# A row claimed in this transaction is deleted.
_DELETE_OWN = SqlStatement(f"DELETE FROM audit_outbox WHERE id = %(row)s AND fence {_OWN_FENCES}")

# A failure of the row is counted; the row waits longer each time, or is parked.
_RECORD_FAILURE = SqlStatement(
    """
UPDATE audit_outbox SET failures = failures + 1, lease_until = NULL, ready = false,
    due_at = %(now)s::timestamptz + least(2 ^ failures, 60) * interval '1 second',
    hint_at = %(now)s::timestamptz + least(2 ^ failures, 60) * interval '1 second',
    parked_at = CASE WHEN failures + 1 >= %(park_after)s THEN %(now)s::timestamptz END
WHERE id = %(row)s AND fence = %(fence)s
RETURNING id, tenant_id, topic, object_id, fence, parked_at
""",
    _FailedRow,
)

# The leases of these rows end, and the rows are ready again.
_RELEASE_ALL = SqlStatement("""
UPDATE audit_outbox o SET lease_until = NULL, hint_at = %(now)s, ready = true
FROM unnest(%(ids)s::uuid[], %(fences)s::int[]) AS claimed(id, fence)
WHERE o.id = claimed.id AND o.fence = claimed.fence RETURNING 1
""")

# A row claimed in this transaction is due later, with the fence that it had before.
_POSTPONE = SqlStatement(f"""
UPDATE audit_outbox SET lease_until = NULL, failures = 0, fence = %(fence_before)s,
    ready = false, due_at = %(due_at)s, hint_at = %(due_at)s
WHERE id = %(row)s AND fence {_OWN_FENCES} RETURNING 1
""")


def complete_claim(claim: Claim) -> bool:
    """Delete the claimed row and enter its tenant. False: the lease was lost, so write nothing."""
    return bool(_COMPLETE.run(row=claim.id, fence=claim.fence))


def complete_and_read(claim: Claim, function: str, object_id: UUID) -> tuple[Any, ...] | None:
    """Complete the claim, enter its tenant, and return what ``function`` reads there.

    None: the lease was lost, so write nothing.
    """
    statement = _complete_and_read(function)
    return statement.row(row=claim.id, fence=claim.fence, object=object_id)


def complete_claims(claims: list[Claim]) -> set[UUID]:
    """Delete claimed rows of one tenant and enter it. Return the ids of those not lost before."""
    # In the order of their ids, so that two transactions with the same rows can't deadlock.
    ordered = sorted(claims, key=lambda claim: claim.id)
    ids, fences = [claim.id for claim in ordered], [claim.fence for claim in ordered]
    return {row.id for row in _COMPLETE_ALL.rows(ids=ids, fences=fences)}


def complete_with_batch(claim: Claim) -> None:
    """Delete a row claimed in this transaction, in the statement that sends what it wrote."""
    _DELETE_OWN.keep(row=claim.id, fence=claim.fence, fence_before=claim.fence - 1)


def record_failure(row_id: UUID, fence: int, park_after: int) -> Claim | None:
    """Count a failure of the row and let it wait longer each time; park it after ``park_after``.

    Return the claim where the row was parked now, otherwise None. Nothing happens where another
    worker has claimed the row meanwhile.
    """
    row = _RECORD_FAILURE.row(row=row_id, fence=fence, now=clock.now(), park_after=park_after)
    if row is None or row.parked_at is None:
        return None
    return Claim(row.id, row.tenant_id, row.topic, row.object_id, row.fence)


def release_all(claims: list[Claim]) -> None:
    """Release the leases of these rows, so that other workers may claim them at once."""
    _RELEASE_ALL.run(
        now=clock.now(), ids=[one.id for one in claims], fences=[one.fence for one in claims]
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
    return bool(
        _POSTPONE.run(row=claim.id, fence=claim.fence, fence_before=claim.fence - 1, due_at=due_at)
    )


def holds_lease(claim: Claim) -> bool:
    """Return whether this claim of the row is still the newest one and the row is leased."""
    rows = Outbox.objects.filter(pk=claim.id, fence=claim.fence, lease_until__isnull=False)
    return rows.exists()
