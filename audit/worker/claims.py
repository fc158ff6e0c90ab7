"""Ready rows are claimed with a lease, tenant by tenant.

Tenants are served round robin, in the order of their ids, each with as many rows a round as its
share says. Within a tenant rows are ordered by priority, then by age. One transaction claims one
batch: as many rows as their handler allows where no other tenant has ready rows, otherwise
ROWS_A_SHARE for each share. So the backlog of one tenant costs another at most one batch of waiting
a round. Each claim is one statement of a few index steps, however long the backlog.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.jobs import Claim, ClaimedBatch, ReadAhead
from audit.worker.leases import LEASE
from tenants import clock
from tenants.db.statements import SqlStatement
from tenants.scope import TENANT_SETTING

FIRST = UUID(int=0)
NOTHING: dict[str, ReadAhead] = {}
ROWS_A_SHARE = 4  # rows of a batch for each share, while other tenants have ready rows
SWEEP_EVERY = timedelta(seconds=1)
SKIP_SECONDS = 0.2  # a tenant at its limit is skipped this long


@dataclass(slots=True)
class _Round:
    """The place of this process in the round robin of tenants."""

    after: UUID = FIRST
    taken: int = 0
    last: UUID = FIRST
    at_limit: dict[UUID, float] = field(default_factory=dict)
    turned_away: set[UUID] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tenants_at_limit(self) -> list[UUID]:
        """Return the tenants that were at their limit less than SKIP_SECONDS ago."""
        now = time.monotonic()
        self.at_limit = {tenant: until for tenant, until in self.at_limit.items() if until > now}
        return list(self.at_limit)

    def record_claims(self, tenant_id: UUID, share: int, rows: int) -> None:
        """Count claimed rows; move on to the next tenant once this one has had its share."""
        with self.lock:
            self.taken = self.taken + rows if tenant_id == self.last else rows
            self.last = tenant_id
            if self.taken >= share:
                self.after, self.taken = tenant_id, 0


_round = _Round()


class _RowOfBatch(NamedTuple):
    """A claimed row of a batch; the columns from ``share`` on are the same in all its rows."""

    id: UUID
    tenant_id: UUID
    topic: str
    object_id: UUID
    fence: int
    share: int
    has_capacity: bool
    more_ready: bool
    setting: str
    ahead: tuple[Any, ...] | None


class _SingleRow(NamedTuple):
    id: UUID
    tenant_id: UUID
    topic: str
    object_id: UUID
    fence: int
    setting: str
    ahead: tuple[Any, ...] | None


# The tenant of the claimed rows is entered, before anything is read ahead there.
_TENANT = f"""tenant AS MATERIALIZED (
    SELECT set_config('{TENANT_SETTING}', tenant_id::text, true) AS setting FROM claimed LIMIT 1)"""

# What the handler of the row needs is read in the statement of the claim, where one row is claimed.
_AHEAD = """
LEFT JOIN LATERAL (
    SELECT found.* FROM (
        SELECT claimed.object_id WHERE claimed.topic = ANY(%(read_ahead)s)
        AND tenant.setting IS NOT NULL AND (SELECT count(*) FROM claimed) = 1 OFFSET 0) AS to_read
    CROSS JOIN LATERAL {function}(to_read.object_id) AS found) AS ahead ON true"""

# The batch of the next tenant is claimed in one statement, which enters that tenant (set_config),
# because a worker learns the tenant only from the row. SKIP LOCKED: workers that claim at once get
# different rows, and none waits. Two EXISTS, below and above this tenant's id, find out whether
# other tenants have ready rows: ``tenant_id <>`` would read all rows of this tenant.
_CLAIM_BATCH = f"""
WITH first_row AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at, failures
    FROM audit_outbox WHERE id = coalesce(
        (SELECT id FROM audit_outbox
         WHERE ready AND tenant_id > %(after)s AND tenant_id <> ALL(%(at_limit)s)
         ORDER BY tenant_id, priority, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
        (SELECT id FROM audit_outbox WHERE ready AND tenant_id <> ALL(%(at_limit)s)
         ORDER BY tenant_id, priority, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED))
), tenant_turn AS MATERIALIZED (
    SELECT first_row.tenant_id, t.share, coalesce(t.at_once, %(at_once)s) - (
        SELECT count(*) FROM (SELECT FROM audit_outbox o
            WHERE o.tenant_id = first_row.tenant_id AND o.lease_until > %(now)s
            LIMIT coalesce(t.at_once, %(at_once)s)) AS in_flight) AS capacity,
        CASE WHEN first_row.failures > 0 OR batch_sizes.most IS NULL THEN 1
        WHEN other_tenants.ready THEN least(batch_sizes.most, {ROWS_A_SHARE} * t.share)
        ELSE batch_sizes.most END AS most, other_tenants.ready AS others_ready
    FROM first_row JOIN tenants_tenant t ON t.id = first_row.tenant_id
    LEFT JOIN unnest(%(topics)s::text[], %(sizes)s::int[]) AS batch_sizes(topic, most)
        ON batch_sizes.topic = first_row.topic
    CROSS JOIN LATERAL (SELECT
        EXISTS (SELECT FROM audit_outbox WHERE ready AND tenant_id > first_row.tenant_id)
        OR EXISTS (SELECT FROM audit_outbox WHERE ready AND tenant_id < first_row.tenant_id)
        AS ready) AS other_tenants
), more_rows AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at
    FROM audit_outbox o WHERE o.ready AND o.tenant_id = (SELECT tenant_id FROM first_row)
    AND o.failures = 0 AND o.topic = (SELECT topic FROM first_row)
    AND o.id <> (SELECT id FROM first_row)
    ORDER BY o.tenant_id, o.priority, o.due_at, o.id
    LIMIT (SELECT greatest(least(most, capacity, %(most)s) - 1, 0) FROM tenant_turn)
    FOR UPDATE SKIP LOCKED
), locked AS (
    SELECT id, tenant_id, topic, object_id, fence, priority, due_at FROM first_row
    UNION ALL SELECT * FROM more_rows
), leased AS (
    UPDATE audit_outbox
    SET lease_until = %(until)s, hint_at = %(until)s, fence = fence + 1, ready = false
    WHERE id = ANY(ARRAY(SELECT id FROM locked WHERE topic <> ALL(%(lock_only)s)))
    RETURNING id, tenant_id, topic, object_id, fence, priority, due_at
), claimed AS (
    SELECT * FROM leased
    UNION ALL SELECT id, tenant_id, topic, object_id, fence + 1, priority, due_at
    FROM locked WHERE topic = ANY(%(lock_only)s)
), {_TENANT}
SELECT claimed.id, claimed.tenant_id, topic, object_id, fence, share,
       capacity > 0 AS has_capacity, others_ready OR (
           SELECT count(*) FROM (SELECT FROM audit_outbox o WHERE o.ready
           AND o.tenant_id = tenant_turn.tenant_id
           LIMIT (SELECT count(*) + 1 FROM claimed)) AS still_ready
       ) > (SELECT count(*) FROM claimed) AS more_ready, tenant.setting{{columns}}
FROM claimed CROSS JOIN tenant CROSS JOIN tenant_turn{{ahead}}
ORDER BY priority, due_at, claimed.id
"""

# The row with this id is claimed, unless it is not due or leased, and its tenant is entered.
_CLAIM_ROW = f"""
WITH locked AS MATERIALIZED (
    SELECT id, tenant_id, topic, object_id, fence FROM audit_outbox
    WHERE id = %(row)s AND due_at <= %(now)s AND parked_at IS NULL
    AND (lease_until IS NULL OR lease_until <= %(now)s) FOR UPDATE SKIP LOCKED
), leased AS (
    UPDATE audit_outbox
    SET lease_until = %(until)s, hint_at = %(until)s, fence = fence + 1, ready = false
    WHERE id = (SELECT id FROM locked WHERE topic <> ALL(%(lock_only)s))
    RETURNING id, tenant_id, topic, object_id, fence
), claimed AS (
    SELECT * FROM leased
    UNION ALL SELECT id, tenant_id, topic, object_id, fence + 1
    FROM locked WHERE topic = ANY(%(lock_only)s)
), {_TENANT}
SELECT claimed.*, tenant.setting{{columns}} FROM claimed CROSS JOIN tenant{{ahead}}
"""

# A ready row of a tenant at its limit is due for its next wake-up at this time.
_WAKE_LATER = SqlStatement(
    "UPDATE audit_outbox SET hint_at = %(at)s WHERE id = %(row)s AND ready RETURNING 1"
)


class AtItsLimit(Exception):
    """The next tenant has as many calls in flight as it may; the claim must roll back."""

    def __init__(self, row_id: UUID, tenant_id: UUID) -> None:
        super().__init__(row_id, tenant_id)
        self.row_id, self.tenant_id = row_id, tenant_id


def _batch_row(*row: Any) -> _RowOfBatch:
    return _RowOfBatch._make((*row[:9], _read(row[9:])))


def _single_row(*row: Any) -> _SingleRow:
    return _SingleRow._make((*row[:6], _read(row[6:])))


def _read(ahead: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return what was read ahead; None where nothing was."""
    return ahead if any(value is not None for value in ahead) else None


@cache
def _claiming[Row](
    sql: str, row: Callable[..., Row], functions: frozenset[str]
) -> SqlStatement[Row]:
    """Return a claiming statement that reads ahead with one of the functions upper apps named."""
    parts = {"columns": "", "ahead": ""}
    for function in functions:  # there is one at most
        parts = {"columns": ", ahead.*", "ahead": _AHEAD.format(function=function)}
    return SqlStatement(sql.format(**parts), row)


def _statement[Row](
    sql: str, row: Callable[..., Row], read_aheads: dict[str, ReadAhead]
) -> tuple[SqlStatement[Row], dict[str, Any]]:
    """Return the claiming statement that reads ahead for these topics, and its values for it."""
    functions = frozenset(one.function for one in read_aheads.values())
    values = {"read_ahead": list(read_aheads)} if functions else {}
    return _claiming(sql, row, functions), values


def claim_batch(
    most: int,
    batch_sizes: dict[str, int],
    lock_only: list[str],
    read_aheads: dict[str, ReadAhead] = NOTHING,
) -> ClaimedBatch:
    """Claim rows of the next tenant in the round and enter that tenant. Empty: no row is ready.

    At most ``most`` rows are claimed, all of one topic. More than one row is claimed only of a
    topic in ``batch_sizes`` (topic to its maximum), and only rows without failures. Rows of the
    topics ``lock_only`` are locked, not leased: this transaction deletes them, so writing a lease
    would be wasted. A row of a topic in ``read_aheads`` that is claimed alone gets what its handler
    needs in the same statement. Raises AtItsLimit, which must roll back the claim; that tenant is
    then skipped for SKIP_SECONDS.
    """
    now = clock.now()
    statement, values = _statement(_CLAIM_BATCH, _batch_row, read_aheads)
    rows = statement.rows(
        after=_round.after,
        at_limit=_round.tenants_at_limit(),
        at_once=settings.CALLS_PER_TENANT,
        now=now,
        topics=list(batch_sizes),
        sizes=list(batch_sizes.values()),
        most=most,
        until=now + LEASE,
        lock_only=lock_only,
        **values,
    )
    if not rows:
        return ClaimedBatch([])
    first = rows[0]
    if not first.has_capacity:
        _round.at_limit[first.tenant_id] = time.monotonic() + SKIP_SECONDS
        raise AtItsLimit(first.id, first.tenant_id)
    _round.record_claims(first.tenant_id, first.share, len(rows))
    return ClaimedBatch([_claim(row) for row in rows], first.more_ready, first.ahead)


def _claim(row: _RowOfBatch | _SingleRow) -> Claim:
    return Claim(row.id, row.tenant_id, row.topic, row.object_id, row.fence)


def wake_later(limit: AtItsLimit) -> None:
    """Let a row of a tenant at its limit get another wake-up, as its last one was used up.

    In this process the tenant is tried again as soon as one of its calls comes back. Its calls may
    all be in other processes, so the next sweep makes the row known again too.
    """
    _round.turned_away.add(limit.tenant_id)
    with transaction.atomic():
        _WAKE_LATER.run(at=clock.now() + SWEEP_EVERY, row=limit.row_id)


def forget_turned_away(tenant_id: UUID) -> bool:
    """Return whether this tenant was turned away in this process, and forget it."""
    if tenant_id not in _round.turned_away:
        return False
    _round.turned_away.discard(tenant_id)
    _round.at_limit.pop(tenant_id, None)
    return True


def claim_row(
    row_id: UUID, lock_only: list[str], read_aheads: dict[str, ReadAhead] = NOTHING
) -> ClaimedBatch:
    """Claim the row ``row_id`` and enter its tenant. Empty: it is gone, not due or leased.

    ``lock_only`` and ``read_aheads`` are those of ``claim_batch``.
    """
    now = clock.now()
    statement, values = _statement(_CLAIM_ROW, _single_row, read_aheads)
    row = statement.row(row=row_id, now=now, until=now + LEASE, lock_only=lock_only, **values)
    return ClaimedBatch([_claim(row)], ahead=row.ahead) if row else ClaimedBatch([])
