"""Concurrency limits cap how many calls of one workflow, and of one model provider, are in flight.

A limit holds over all workers. Before a call begins, its worker locks the limit and counts the rows
in flight under it. A row without capacity waits in the outbox; the worker whose call comes back
wakes the next row. So no row polls, and a call without limits costs no query.

Among the tenants that wait for one provider, the tenant with the fewest calls in flight for its
share goes first, then they take turns. Within a tenant rows go by priority, then by age.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from audit.jobs import Claim, Limit
from audit.models import Outbox
from audit.worker import wakeups
from tenants import clock
from tenants.db import unit_of_work

NO_ID = UUID(int=0)
# Capacity is reserved this long for a row that was woken; then any row may have it.
RESERVED_FOR = timedelta(seconds=5)
# A wake-up can be lost with its worker. So a waiting row is rechecked after RECHECK, and later by
# RECHECK_EACH for each other waiting row: at most 50 rechecks a second for all of them.
RECHECK, RECHECK_EACH = timedelta(seconds=15), timedelta(milliseconds=20)
MOST_WOKEN = 100  # at one time

# A second request in one transaction must not wait for a lock: two transactions that hold one lock
# each and want the other's would deadlock. It tries the lock and may be refused.
_LOCK = """
SELECT CASE WHEN current_setting('handrail.places', true) = 'asked'
    THEN pg_try_advisory_xact_lock(hashtextextended(%s, 0))
    ELSE (SELECT true FROM pg_advisory_xact_lock(hashtextextended(%s, 0))) END
"""

# A statement of its own, because it has to see what the former holder of the lock committed.
_MEASURE = """
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

_OCCUPY = """
UPDATE audit_outbox SET lane = %s, via = %s, waits_for = NULL, called_at = NULL
WHERE id = %s RETURNING 1
"""

# A claim without a call is not counted, as in ``completion.postpone``. The due time stays, because
# it is the row's position in the queue.
_WAIT = """
UPDATE audit_outbox SET lane = NULL, via = NULL, waits_for = %s, called_at = NULL,
    ready = false, lease_until = NULL, failures = 0, fence = coalesce(%s, fence),
    hint_at = %s::timestamptz + %s::float8 * (
        SELECT count(*) FROM (SELECT FROM audit_outbox WHERE waits_for = %s LIMIT 5000) AS others
    ) * interval '1 second'
WHERE id = %s RETURNING 1
"""

# Finds the first waiting row of each tenant in index steps (a recursive "skip scan"), however many
# rows wait.
_WAKE_NEXT = """
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
    """No capacity: wait for the limit ``limit_key``, or try again soon where that is empty."""

    limit_key: str


def request_capacity(limits: Iterable[Limit], *, row_id: UUID = NO_ID) -> Refusal | None:
    """Return a Refusal where the limits leave no capacity. None: ``occupy_capacity`` may follow.

    The limits stay locked until this transaction ends, so no other worker decides about them
    meanwhile. ``row_id`` is the row that asks, if it is in the outbox yet. While other rows wait,
    only a row that was woken for its turn gets capacity.
    """
    limits = tuple(limits)
    for limit in limits:
        if not unit_of_work.rows(_LOCK, [limit.key, limit.key])[0][0]:
            return Refusal("")
    measured = {limit: _measure(limit, row_id) for limit in limits}
    refused = next((limit for limit, found in measured.items() if found[2]), None)
    if refused is None:
        return None
    # This row does not use the capacity that was reserved for it, so wake another one.
    free = [limit for limit, (taken, _, _) in measured.items() if taken < limit.most]
    transaction.on_commit(lambda: wake_waiting(free, after=NO_ID), robust=True)
    return Refusal(refused.key)


def _measure(limit: Limit, row_id: UUID) -> tuple[int, bool, bool]:
    """Return how many places are taken, whether others wait, and whether this row has to wait."""
    now, key = clock.now(), limit.key
    since = now - RESERVED_FOR
    sql = _MEASURE.format(column=_column(limit))
    values = [key, now, row_id, key, since, row_id, row_id, since, key, row_id, now]
    taken, was_called, others, _ = unit_of_work.rows(sql, values)[0]
    return taken, others, taken >= limit.most or (others and not was_called)


def _column(limit: Limit) -> str:
    return limit.key.partition(":")[0]


def occupy_capacity(claim: Claim) -> None:
    """Let the leased row of a call count against the limits of its claim from now on."""
    by_kind = {_column(limit): limit.key for limit in claim.limits}
    unit_of_work.rows(_OCCUPY, [by_kind.get("lane"), by_kind.get("via"), claim.id])


def wait_for_capacity(row_id: UUID, limit_key: str, *, fence: int | None = None) -> None:
    """Let a row wait until ``wake_waiting`` wakes it, or RECHECK is over.

    ``fence`` is the row's fence before its claim; None leaves the fence as it is.
    """
    first = clock.now() + RECHECK * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    values = [limit_key, fence, first, RECHECK_EACH.total_seconds(), limit_key, row_id]
    unit_of_work.rows(_WAIT, values)


def free_capacity(claim: Claim) -> None:
    """After commit, when the call no longer counts, wake the next rows waiting for its limits."""
    if claim.limits:
        transaction.on_commit(
            lambda: wake_waiting(claim.limits, after=claim.tenant_id), robust=True
        )


def wake_waiting(limits: Iterable[Limit], *, after: UUID) -> None:
    """Wake as many waiting rows as there is capacity for, each limit in its own transaction.

    ``after`` is the tenant served last; the next tenant in the order of ids goes before it.
    """
    for limit in limits:
        with transaction.atomic():
            woken = _wake_limit(limit, after)
        for row_id in woken:
            wakeups.send_wakeup(row_id)


def _wake_limit(limit: Limit, after: UUID) -> list[UUID]:
    unit_of_work.rows(_LOCK, [limit.key, limit.key])
    taken, others, _ = _measure(limit, NO_ID)
    woken: list[UUID] = []
    while others and taken + len(woken) < limit.most and len(woken) < MOST_WOKEN:
        found = _wake_one(limit, after)
        if not found:
            break
        row_id, after = found[0]
        woken.append(row_id)
    return woken


def _wake_one(limit: Limit, after: UUID) -> list[tuple[UUID, UUID]]:
    now, key, most = clock.now(), limit.key, settings.CALLS_PER_TENANT
    since, until = now - RESERVED_FOR, now + RESERVED_FOR
    values = [key, key, key, now, now, most, most, key, now, key, since, after, now, until]
    return unit_of_work.rows(_WAKE_NEXT.format(column=_column(limit)), values)


# -- Counts for pages -----------------------------------------------------------------------


def ahead_at_limit(tenant_id: UUID, row_ids: list[UUID]) -> dict[UUID, int]:
    """Return, for each of the rows that waits for capacity, how many rows of the tenant go first.

    Counted to 1,000. Rows of other tenants are not counted, as they are not to be disclosed.
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
    """Return how many calls count against each of these limit keys of workflows now."""
    in_flight = Outbox.objects.filter(lane__in=keys, lease_until__gt=clock.now()).order_by()
    counts = in_flight.values_list("lane").annotate(calls=Count("id"))
    return dict.fromkeys(keys, 0) | dict(counts)
