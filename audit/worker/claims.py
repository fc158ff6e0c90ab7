"""Taking what is owed: whose turn it is, and the lease.

Tenants come in turn, in the order of their ids, each as many rows a round as its
share says; within a tenant the interactive goes before the bulk and the older before
the younger. What one transaction begins is one turn: of a tenant that is alone as many
rows as their handler allows, of one that is not A_SHARE for each share. So what another
tenant has piled up costs a tenant one turn's wait a round. Each claim is one statement of
a few steps in indexes, however much is owed.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.jobs import Claim, ClaimedBatch, SweepResult
from audit.worker.leases import LEASE
from tenants import clock
from tenants.db import unit_of_work
from tenants.scope import TENANT_SETTING

FIRST = UUID(int=0)
A_SHARE = 4  # rows in one turn for each share, while others are ready too
REMIND = timedelta(seconds=1)  # the sweep looks this often
FULL_FOR = 0.2  # seconds a tenant at its limit is passed over before it is asked again


@dataclass(slots=True)
class _Round:
    """Where this process stands in the round of tenants."""

    after: UUID = FIRST
    taken: int = 0
    last: UUID = FIRST
    full: dict[UUID, float] = field(default_factory=dict)
    turned_away: set[UUID] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def passed_over(self) -> list[UUID]:
        """Tenants at their limit a moment ago."""
        now = time.monotonic()
        self.full = {tenant: until for tenant, until in self.full.items() if until > now}
        return list(self.full)

    def took(self, tenant_id: UUID, share: int, rows: int) -> None:
        """Move on to the next tenant once this one has had its share."""
        with self.lock:
            self.taken = self.taken + rows if tenant_id == self.last else rows
            self.last = tenant_id
            if self.taken >= share:
                self.after, self.taken = tenant_id, 0


_round = _Round()

# The tenant is entered by the statement that claims: a worker knows it only from the row.
# SKIP LOCKED: of workers that ask at once each gets other rows, and none waits. Whether
# others are ready is asked on both sides of the tenant, so that its own pile is not read.
_NEXT = f"""
WITH head AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at, failures
    FROM audit_outbox WHERE id = coalesce(
        (SELECT id FROM audit_outbox WHERE ready AND tenant_id > %s AND tenant_id <> ALL(%s)
         ORDER BY tenant_id, priority, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
        (SELECT id FROM audit_outbox WHERE ready AND tenant_id <> ALL(%s)
         ORDER BY tenant_id, priority, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED))
), turn AS MATERIALIZED (
    SELECT head.tenant_id, t.share, coalesce(t.at_once, %s) - (
        SELECT count(*) FROM (SELECT FROM audit_outbox held WHERE held.tenant_id = head.tenant_id
        AND held.lease_until > %s LIMIT coalesce(t.at_once, %s)) AS flying) AS room,
        CASE WHEN head.failures > 0 OR topics.most IS NULL THEN 1
        WHEN around.others THEN least(topics.most, {A_SHARE} * t.share)
        ELSE topics.most END AS most, around.others
    FROM head JOIN tenants_tenant t ON t.id = head.tenant_id
    LEFT JOIN unnest(%s::text[], %s::int[]) AS topics(name, most) ON topics.name = head.topic
    CROSS JOIN LATERAL (SELECT
        EXISTS (SELECT FROM audit_outbox WHERE ready AND tenant_id > head.tenant_id)
        OR EXISTS (SELECT FROM audit_outbox WHERE ready AND tenant_id < head.tenant_id)
        AS others) AS around
), company AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at
    FROM audit_outbox o WHERE o.ready AND o.tenant_id = (SELECT tenant_id FROM head)
    AND o.failures = 0 AND o.topic = (SELECT topic FROM head) AND o.id <> (SELECT id FROM head)
    ORDER BY o.tenant_id, o.priority, o.due_at, o.id
    LIMIT (SELECT greatest(least(most, room, %s) - 1, 0) FROM turn)
    FOR UPDATE SKIP LOCKED
), locked AS (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at FROM head
    UNION ALL SELECT * FROM company
), leased AS (
    UPDATE audit_outbox SET lease_until = %s, hint_at = %s, fence = fence + 1, ready = false
    WHERE id = ANY(ARRAY(SELECT id FROM locked WHERE topic <> ALL(%s)))
    RETURNING id, tenant_id, topic, object_id, fence, priority, due_at
), mine AS (
    SELECT * FROM leased
    UNION ALL SELECT id, tenant_id, topic, object_id, fence + 1, priority, due_at
    FROM locked WHERE topic = ANY(%s)
)
SELECT mine.id, mine.tenant_id, topic, object_id, fence, share, room > 0, others OR (
           SELECT count(*) FROM (SELECT FROM audit_outbox left_ WHERE left_.ready
           AND left_.tenant_id = turn.tenant_id LIMIT (SELECT count(*) + 1 FROM mine)) AS these
       ) > (SELECT count(*) FROM mine),
       set_config('{TENANT_SETTING}', mine.tenant_id::text, true)
FROM mine, turn ORDER BY priority, due_at, mine.id
"""

_THIS = f"""
WITH locked AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence FROM audit_outbox
    WHERE id = %s AND due_at <= %s AND parked_at IS NULL
    AND (lease_until IS NULL OR lease_until <= %s) FOR UPDATE SKIP LOCKED
), leased AS (
    UPDATE audit_outbox SET lease_until = %s, hint_at = %s, fence = fence + 1, ready = false
    WHERE id = (SELECT id FROM locked WHERE topic <> ALL(%s))
    RETURNING id, tenant_id, topic, object_id, fence
), mine AS (
    SELECT * FROM leased
    UNION ALL SELECT id, tenant_id, topic, object_id, fence + 1 FROM locked WHERE topic = ANY(%s)
)
SELECT *, set_config('{TENANT_SETTING}', tenant_id::text, true) FROM mine
"""


class AtItsLimit(Exception):
    """The tenant whose turn it is has as much in flight as it may: give the row back."""

    def __init__(self, row_id: UUID, tenant_id: UUID) -> None:
        super().__init__(row_id, tenant_id)
        self.row_id, self.tenant_id = row_id, tenant_id


def claim_batch(most: int, together: dict[str, int], inside: list[str]) -> ClaimedBatch:
    """Claim what is next of the tenant whose turn it is, and enter it. Empty: nothing is ready.

    ``most`` rows at most, all of one topic; more than one only of the topics ``together``,
    each with how many, and none that has failed before. Those of the topics ``inside`` are
    only locked: they are gone when this transaction ends, so a lease would be written for
    nothing. Raises AtItsLimit, which must roll back the claim; that tenant is passed over
    a while.
    """
    now = clock.now()
    until, full, at_once = now + LEASE, _round.passed_over(), settings.CALLS_PER_TENANT
    values = [_round.after, full, full, at_once, now, at_once]
    values += [list(together), list(together.values()), most, until, until, inside, inside]
    found = unit_of_work.rows(_NEXT, values)
    if not found:
        return ClaimedBatch([])
    row = found[0]
    if not row[6]:
        _round.full[row[1]] = time.monotonic() + FULL_FOR
        raise AtItsLimit(row[0], row[1])
    _round.took(row[1], row[5], len(found))
    return ClaimedBatch([Claim(*row[:5]) for row in found], more=row[7])


def wake_later(limit: AtItsLimit) -> None:
    """Let a tenant at its limit be looked at again: its message is used up.

    In this process as soon as one of its calls comes back; in others, which may hold all of
    them, by the next sweep.
    """
    _round.turned_away.add(limit.tenant_id)
    with transaction.atomic():
        unit_of_work.rows(
            "UPDATE audit_outbox SET hint_at = %s WHERE id = %s AND ready RETURNING 1",
            [clock.now() + REMIND, limit.row_id],
        )


def has_room_again(tenant_id: UUID) -> bool:
    """Whether a call of a tenant that was turned away here came back; asked once."""
    if tenant_id not in _round.turned_away:
        return False
    _round.turned_away.discard(tenant_id)
    _round.full.pop(tenant_id, None)
    return True


def claim_row(row_id: UUID, inside: list[str]) -> Claim | None:
    """Claim this row and enter its tenant. None where it is gone, not due or held.

    A row of the topics ``inside`` is only locked, as in ``claim_batch``.
    """
    now = clock.now()
    until = now + LEASE
    found = unit_of_work.rows(_THIS, [row_id, now, now, until, until, inside, inside])
    return Claim(*found[0][:5]) if found else None


def sweep(limit: int, again: datetime, old: datetime) -> SweepResult:
    """Make ready what is due or was left by a dead holder; ids of what needs a wake-up.

    What was due before ``old`` has had one already.

    What nobody could take yet goes first: a pile that is only reminded of delays no timer.
    """
    now = clock.now()
    found = unit_of_work.rows(
        "UPDATE audit_outbox SET hint_at = %s, "
        "ready = due_at <= %s AND (lease_until IS NULL OR lease_until <= %s), "
        "lease_until = CASE WHEN lease_until > %s THEN lease_until END "
        "WHERE id IN (SELECT id FROM audit_outbox WHERE hint_at <= %s AND parked_at IS NULL "
        "ORDER BY ready, hint_at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id, due_at <= %s",
        [again, now, now, now, now, limit, old],
    )
    return SweepResult([row[0] for row in found], any(row[1] for row in found))


def due_rows(tenant_id: UUID | None = None) -> list[UUID]:
    """Rows that could be taken now, the oldest first; of one tenant only if asked."""
    now = clock.now()
    found = unit_of_work.rows(
        "SELECT id FROM audit_outbox WHERE due_at <= %s AND parked_at IS NULL AND "
        "(lease_until IS NULL OR lease_until <= %s) AND "
        "(waits_for IS NULL OR ready OR hint_at <= %s) AND "
        "(%s::uuid IS NULL OR tenant_id = %s) ORDER BY due_at, id LIMIT 100",
        [now, now, now, tenant_id, tenant_id],
    )
    return [row[0] for row in found]
