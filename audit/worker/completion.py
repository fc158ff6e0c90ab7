"""The end of a claim: paid with its fence, failed, postponed or handed back.

Who comes with an older fence than the row's is late: the lease passed on, so it writes nothing.
"""

from datetime import datetime
from uuid import UUID

from audit.jobs import Claim
from tenants import clock
from tenants.db import unit_of_work
from tenants.scope import TENANT_SETTING

# Claimed in this transaction: leased, with the fence of the claim, or locked, with the one before.
_MINE = "IN (%s, %s)"

_PAY = f"""
WITH paid AS (DELETE FROM audit_outbox WHERE id = %s AND fence = %s RETURNING tenant_id)
SELECT set_config('{TENANT_SETTING}', tenant_id::text, true) FROM paid
"""

_PAY_ALL = f"""
WITH held AS (
    SELECT o.id, o.tenant_id FROM audit_outbox o
    WHERE o.id = ANY(%s) AND (o.id, o.fence) IN (SELECT * FROM unnest(%s::uuid[], %s::int[]))
    ORDER BY o.id FOR UPDATE
), paid AS (
    DELETE FROM audit_outbox WHERE id = ANY(ARRAY(SELECT id FROM held)) RETURNING id, tenant_id
)
SELECT id, set_config('{TENANT_SETTING}', tenant_id::text, true) FROM paid
"""


def complete_claim(debt: Claim) -> bool:
    """Settle a debt and enter its tenant. False: the lease passed on, so write nothing."""
    return bool(unit_of_work.rows(_PAY, [debt.id, debt.fence]))


def complete_claims(debts: list[Claim]) -> set[UUID]:
    """Settle debts of one tenant and enter it. Returns those whose lease had not passed on.

    In the order of their ids, as ``leases`` renews them: so neither waits for the other.
    """
    ordered = sorted(debts, key=lambda debt: debt.id)
    ids, fences = [debt.id for debt in ordered], [debt.fence for debt in ordered]
    return {row[0] for row in unit_of_work.rows(_PAY_ALL, [ids, ids, fences])}


def complete_with_batch(debt: Claim) -> None:
    """Settle a debt claimed in this very transaction, together with what it wrote."""
    unit_of_work.keep_statement(
        f"DELETE FROM audit_outbox WHERE id = %s AND fence {_MINE}", [debt.id, *_fences(debt)]
    )


def _fences(debt: Claim) -> list[int]:
    return [debt.fence, debt.fence - 1]


def record_failure(row_id: UUID, fence: int, park_after: int) -> Claim | None:
    """Count a failure and let the row wait longer each time. Gives the debt where it is parked.

    Nothing where the row has passed to somebody else meanwhile.
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


def release_all(debts: list[Claim]) -> None:
    """Give up the leases of these rows, so that they are ready for others at once."""
    unit_of_work.rows(
        "UPDATE audit_outbox o SET lease_until = NULL, hint_at = %s, ready = true "
        "FROM unnest(%s::uuid[], %s::int[]) AS held(id, fence) "
        "WHERE o.id = held.id AND o.fence = held.fence RETURNING 1",
        [clock.now(), [d.id for d in debts], [d.fence for d in debts]],
    )


def release(debt: Claim) -> None:
    """Give up a lease whose call was never begun: its claim does not count."""
    unit_of_work.rows(
        "UPDATE audit_outbox SET lease_until = NULL, hint_at = %s, ready = true, "
        "fence = fence - 1 WHERE id = %s AND fence = %s RETURNING 1",
        [clock.now(), debt.id, debt.fence],
    )


def postpone(debt: Claim, due_at: datetime) -> bool:
    """Give the row back until ``due_at``, as if it had not been taken. False where it was lost.

    Only in the claim's own transaction: nobody has seen the fence, so it is not counted.
    """
    found = unit_of_work.rows(
        "UPDATE audit_outbox SET lease_until = NULL, failures = 0, fence = %s, "
        f"ready = false, due_at = %s, hint_at = %s WHERE id = %s AND fence {_MINE} RETURNING 1",
        [debt.fence - 1, due_at, due_at, debt.id, *_fences(debt)],
    )
    return bool(found)


def holds_lease(debt: Claim) -> bool:
    """Whether this claim of the row is still the last one."""
    found = unit_of_work.rows(
        "SELECT 1 FROM audit_outbox WHERE id = %s AND fence = %s AND lease_until IS NOT NULL",
        [debt.id, debt.fence],
    )
    return bool(found)
