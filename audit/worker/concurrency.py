"""Places in flight: how many calls of one workflow, and of one provider of models, fly at once.

A limit holds over all workers: who begins a call looks, under a lock of that limit's own,
at the rows in flight that count against it. Who finds no room waits in its row; who comes
back calls the next one in turn. So nobody asks again and again, and where no limit is set
nothing is asked at all.

Of several clients that wait for one provider the one with the fewest calls in flight for
its share goes first, then they go round; of one client the interactive before the bulk
and the older before the younger.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.jobs import Claim, Limit
from audit.worker import wakeups
from tenants import clock
from tenants.db import unit_of_work

NOBODY = UUID(int=0)
# A place is kept for who was called this long; then it is anybody's.
KEPT = timedelta(seconds=5)
# If the call to come is lost with a worker, who waits looks by itself: so long after, and
# later the more there are, so that all of them together stay at 50 looks a second.
LOOK, LOOK_MORE = timedelta(seconds=15), timedelta(milliseconds=20)
MOST_CALLED = 100  # at one time

# A second question in one transaction must not wait: two that hold one lock each and want
# the other's would wait for each other. It is told "not now" instead.
_LOCK = """
SELECT CASE WHEN current_setting('handrail.places', true) = 'asked'
    THEN pg_try_advisory_xact_lock(hashtextextended(%s, 0))
    ELSE (SELECT true FROM pg_advisory_xact_lock(hashtextextended(%s, 0))) END
"""

# Its own statement: it has to see what the former holder of the lock committed.
_LOOK = """
SELECT
    (SELECT count(*) FROM audit_outbox f
     WHERE f.{column} = %s AND f.lease_until > %s AND f.id <> %s)
    + (SELECT count(*) FROM audit_outbox c
       WHERE c.waits_for = %s AND c.ready AND c.called_at > %s AND c.id <> %s),
    EXISTS (SELECT FROM audit_outbox m WHERE m.id = %s AND m.called_at > %s),
    EXISTS (SELECT FROM audit_outbox w WHERE w.waits_for = %s AND w.id <> %s
            AND w.due_at <= %s AND w.lease_until IS NULL AND w.parked_at IS NULL),
    set_config('handrail.places', 'asked', true)
"""

_TAKE = """
UPDATE audit_outbox SET lane = %s, via = %s, waits_for = NULL, called_at = NULL
WHERE id = %s RETURNING 1
"""

# A claim that came to nothing is not counted, as in outbox.postpone. The due time stays:
# it is the place in the queue.
_WAIT = """
UPDATE audit_outbox SET lane = NULL, via = NULL, waits_for = %s, called_at = NULL,
    ready = false, lease_until = NULL, failures = 0, fence = coalesce(%s, fence),
    hint_at = %s::timestamptz + %s::float8 * (
        SELECT count(*) FROM (SELECT FROM audit_outbox WHERE waits_for = %s LIMIT 5000) AS others
    ) * interval '1 second'
WHERE id = %s RETURNING 1
"""

# The first row of each client that waits, by steps through the index, however many wait.
_CALL = """
WITH RECURSIVE who AS (
    (SELECT tenant_id FROM audit_outbox WHERE waits_for = %s ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT later.tenant_id FROM who JOIN LATERAL (
        SELECT o.tenant_id FROM audit_outbox o
        WHERE o.waits_for = %s AND o.tenant_id > who.tenant_id
        ORDER BY o.tenant_id LIMIT 1) AS later ON true
), first AS (
    SELECT head.id FROM who JOIN tenants_tenant t ON t.id = who.tenant_id JOIN LATERAL (
        SELECT o.id FROM audit_outbox o
        WHERE o.waits_for = %s AND o.tenant_id = who.tenant_id AND NOT o.ready
        AND o.lease_until IS NULL AND o.parked_at IS NULL AND o.due_at <= %s
        ORDER BY o.priority, o.due_at, o.id LIMIT 1) AS head ON true
    WHERE (SELECT count(*) FROM (SELECT FROM audit_outbox f WHERE f.tenant_id = t.id
           AND f.lease_until > %s LIMIT coalesce(t.at_once, %s)) AS flying)
        < coalesce(t.at_once, %s)
    ORDER BY
        ((SELECT count(*) FROM audit_outbox f
          WHERE f.{column} = %s AND f.tenant_id = t.id AND f.lease_until > %s)
         + (SELECT count(*) FROM audit_outbox c WHERE c.waits_for = %s AND c.tenant_id = t.id
            AND c.ready AND c.called_at > %s))::float / greatest(t.share, 1),
        t.id <= %s, t.id
    LIMIT 1
)
UPDATE audit_outbox o SET ready = true, called_at = %s, hint_at = %s
FROM first WHERE o.id = first.id AND o.lease_until IS NULL RETURNING o.id, o.tenant_id
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """There is no room: wait ``behind`` this limit's key; empty: ask again in a moment."""

    behind: str


def find_room(limits: Iterable[Limit], *, mine: UUID = NOBODY) -> Refusal | None:
    """Whether a call has to wait. None: there is room, so ``take`` it in this transaction.

    Until this transaction ends nobody else decides about the same limits. ``mine`` is
    the row that asks, if it is there yet. While others wait nobody goes before them.
    """
    limits = tuple(limits)
    for limit in limits:
        if not unit_of_work.rows(_LOCK, [limit.key, limit.key])[0][0]:
            return Refusal("")
    looks = {limit: _look(limit, mine) for limit in limits}
    refused = next((limit for limit, look in looks.items() if look[2]), None)
    if refused is None:
        return None
    # What this row was called to and does not use now is somebody else's.
    free = [limit for limit, (taken, _, _) in looks.items() if taken < limit.most]
    transaction.on_commit(lambda: call_next(free, after=NOBODY), robust=True)
    return Refusal(refused.key)


def _look(limit: Limit, mine: UUID) -> tuple[int, bool, bool]:
    """How many places are taken, whether others wait, and whether this row has to."""
    now, key = clock.now(), limit.key
    since = now - KEPT
    sql = _LOOK.format(column=_column(limit))
    values = [key, now, mine, key, since, mine, mine, since, key, mine, now]
    taken, was_called, others, _ = unit_of_work.rows(sql, values)[0]
    return taken, others, taken >= limit.most or (others and not was_called)


def _column(limit: Limit) -> str:
    return limit.key.partition(":")[0]


def occupy(debt: Claim) -> None:
    """Let the row of a call that flies now count against the debt's limits."""
    by_kind = {_column(limit): limit.key for limit in debt.limits}
    unit_of_work.rows(_TAKE, [by_kind.get("lane"), by_kind.get("via"), debt.id])


def wait_for_room(row_id: UUID, behind: str, *, fence: int | None = None) -> None:
    """Let a row wait until it is called; with the ``fence`` it had before it was claimed."""
    first = clock.now() + LOOK * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    values = [behind, fence, first, LOOK_MORE.total_seconds(), behind, row_id]
    unit_of_work.rows(_WAIT, values)


def free_room(debt: Claim) -> None:
    """The call came back, as this transaction says: afterwards call who is next."""
    if debt.limits:
        transaction.on_commit(lambda: call_next(debt.limits, after=debt.tenant_id), robust=True)


def call_next(limits: Iterable[Limit], *, after: UUID) -> None:
    """Call as many rows as there is room for, each limit in a transaction of its own.

    Looked at under the limit's lock, so that who is about to wait is not missed.
    """
    for limit in limits:
        with transaction.atomic():
            called = _call(limit, after)
        for row_id in called:
            wakeups.send_wakeup(row_id)


def _call(limit: Limit, after: UUID) -> list[UUID]:
    unit_of_work.rows(_LOCK, [limit.key, limit.key])
    taken, others, _ = _look(limit, NOBODY)
    called: list[UUID] = []
    while others and taken + len(called) < limit.most and len(called) < MOST_CALLED:
        found = _call_one(limit, after)
        if not found:
            break
        row_id, after = found[0]
        called.append(row_id)
    return called


def _call_one(limit: Limit, after: UUID) -> list[tuple[UUID, UUID]]:
    now, key, most = clock.now(), limit.key, settings.CALLS_PER_TENANT
    since = now - KEPT
    values = [key, key, key, now, now, most, most, key, now, key, since, after, now, now + KEPT]
    return unit_of_work.rows(_CALL.format(column=_column(limit)), values)


# -- For people to see ----------------------------------------------------------------------


def ahead_at_limit(tenant_id: UUID, row_ids: list[UUID]) -> dict[UUID, int]:
    """Of these rows those that wait for room, each with how many of the tenant's go first.

    Counted to 1,000. Other tenants' are nobody's business.
    """
    found = unit_of_work.rows(
        "SELECT mine.id, (SELECT count(*) FROM (SELECT FROM audit_outbox other "
        "WHERE other.waits_for = mine.waits_for AND other.tenant_id = mine.tenant_id "
        "AND (other.priority, other.due_at, other.id) < (mine.priority, mine.due_at, mine.id) "
        "LIMIT 1000) AS counted) FROM audit_outbox mine "
        "WHERE mine.id = ANY(%s) AND mine.tenant_id = %s AND mine.waits_for IS NOT NULL",
        [row_ids, tenant_id],
    )
    return dict(found)


def calls_in_flight(keys: list[str]) -> dict[str, int]:
    """How many calls count against each of these workflows' limits now."""
    found = unit_of_work.rows(
        "SELECT lane, count(*) FROM audit_outbox WHERE lane = ANY(%s) AND lease_until > %s "
        "GROUP BY lane",
        [keys, clock.now()],
    )
    return dict.fromkeys(keys, 0) | dict(found)
