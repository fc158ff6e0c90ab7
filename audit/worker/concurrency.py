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
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.jobs import Claim, Limit
from audit.worker import wakeups
from tenants import clock
from tenants.db.statements import SqlStatement

NO_ID = UUID(int=0)
# Capacity is reserved this long for a row that was woken; then any row may have it.
RESERVED_FOR = timedelta(seconds=5)
# A wake-up can be lost with its worker. So a waiting row is rechecked after RECHECK, and later by
# RECHECK_EACH for each other waiting row: at most 50 rechecks a second for all of them.
RECHECK, RECHECK_EACH = timedelta(seconds=15), timedelta(milliseconds=20)
MOST_WOKEN = 100  # at one time

# The column of the outbox that says which limit of a kind a call counts against.
COLUMNS = ("lane", "via")


class _Usage(NamedTuple):
    """How many places of a limit are taken, and whether the row that asks was woken for its turn.

    ``others_wait`` says whether other rows wait for the limit.
    """

    taken: int
    was_woken: bool
    others_wait: bool
    setting: str

    def refuses(self, limit: Limit) -> bool:
        """Return whether the row that asks has to wait."""
        return self.taken >= limit.most or (self.others_wait and not self.was_woken)


class _WokenRow(NamedTuple):
    id: UUID
    tenant_id: UUID


# The limit is locked until the transaction ends. A second request in one transaction must not wait
# for a lock: two transactions that hold one lock each and want the other's would deadlock. It tries
# the lock and may be refused.
_LOCK = SqlStatement(
    """
SELECT CASE WHEN current_setting('handrail.places', true) = 'asked'
    THEN pg_try_advisory_xact_lock(hashtextextended(%(limit)s, 0))
    ELSE (SELECT true FROM pg_advisory_xact_lock(hashtextextended(%(limit)s, 0))) END
""",
    bool,
)

# The usage of a limit is counted, in a statement of its own, because it has to see what the former
# holder of the lock committed.
_MEASURE = {
    column: SqlStatement(
        f"""
SELECT
    (SELECT count(*) FROM audit_outbox in_flight
     WHERE in_flight.{column} = %(limit)s AND in_flight.lease_until > %(now)s
     AND in_flight.id <> %(row)s)
    + (SELECT count(*) FROM audit_outbox woken
       WHERE woken.waits_for = %(limit)s AND woken.ready AND woken.called_at > %(reserved_since)s
       AND woken.id <> %(row)s) AS taken,
    EXISTS (SELECT FROM audit_outbox o
            WHERE o.id = %(row)s AND o.called_at > %(reserved_since)s) AS was_woken,
    EXISTS (SELECT FROM audit_outbox waiting
            WHERE waiting.waits_for = %(limit)s AND waiting.id <> %(row)s
            AND waiting.due_at <= %(now)s AND waiting.lease_until IS NULL
            AND waiting.parked_at IS NULL) AS others_wait,
    set_config('handrail.places', 'asked', true) AS setting
""",
        _Usage,
    )
    for column in COLUMNS
}

# The row of a call counts against its limits.
_OCCUPY = SqlStatement("""
UPDATE audit_outbox SET lane = %(lane)s, via = %(via)s, waits_for = NULL, called_at = NULL
WHERE id = %(row)s RETURNING 1
""")

# The row waits for a limit. A claim without a call is not counted, as in ``completion.postpone``.
# The due time stays, because it is the row's position in the queue.
_WAIT = SqlStatement("""
UPDATE audit_outbox SET lane = NULL, via = NULL, waits_for = %(limit)s, called_at = NULL,
    ready = false, lease_until = NULL, failures = 0, fence = coalesce(%(fence)s, fence),
    hint_at = %(first_recheck)s::timestamptz + %(seconds_each)s::float8 * (
        SELECT count(*) FROM (
            SELECT FROM audit_outbox WHERE waits_for = %(limit)s LIMIT 5000) AS others
    ) * interval '1 second'
WHERE id = %(row)s RETURNING 1
""")

# The next row that waits for a limit becomes ready. The first waiting row of each tenant is found
# in index steps (a recursive "skip scan"), however many rows wait.
_WAKE_NEXT = {
    column: SqlStatement(
        f"""
WITH RECURSIVE waiting_tenant AS (
    (SELECT tenant_id FROM audit_outbox WHERE waits_for = %(limit)s ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT next_tenant.tenant_id FROM waiting_tenant JOIN LATERAL (
        SELECT o.tenant_id FROM audit_outbox o
        WHERE o.waits_for = %(limit)s AND o.tenant_id > waiting_tenant.tenant_id
        ORDER BY o.tenant_id LIMIT 1) AS next_tenant ON true
), next_row AS (
    SELECT first_row.id FROM waiting_tenant
    JOIN tenants_tenant t ON t.id = waiting_tenant.tenant_id JOIN LATERAL (
        SELECT o.id FROM audit_outbox o
        WHERE o.waits_for = %(limit)s AND o.tenant_id = waiting_tenant.tenant_id AND NOT o.ready
        AND o.lease_until IS NULL AND o.parked_at IS NULL AND o.due_at <= %(now)s
        ORDER BY o.priority, o.due_at, o.id LIMIT 1) AS first_row ON true
    WHERE (SELECT count(*) FROM (SELECT FROM audit_outbox o WHERE o.tenant_id = t.id
           AND o.lease_until > %(now)s LIMIT coalesce(t.at_once, %(at_once)s)) AS in_flight)
        < coalesce(t.at_once, %(at_once)s)
    ORDER BY
        ((SELECT count(*) FROM audit_outbox in_flight WHERE in_flight.{column} = %(limit)s
          AND in_flight.tenant_id = t.id AND in_flight.lease_until > %(now)s)
         + (SELECT count(*) FROM audit_outbox woken WHERE woken.waits_for = %(limit)s
            AND woken.tenant_id = t.id AND woken.ready AND woken.called_at > %(reserved_since)s
            ))::float / greatest(t.share, 1),
        t.id <= %(after)s, t.id
    LIMIT 1
)
UPDATE audit_outbox o SET ready = true, called_at = %(now)s, hint_at = %(reserved_until)s
FROM next_row WHERE o.id = next_row.id AND o.lease_until IS NULL RETURNING o.id, o.tenant_id
""",
        _WokenRow,
    )
    for column in COLUMNS
}


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
        (is_locked,) = _LOCK.rows(limit=limit.key)
        if not is_locked:
            return Refusal("")
    usages = {limit: _measure(limit, row_id) for limit in limits}
    refused = next((limit for limit, usage in usages.items() if usage.refuses(limit)), None)
    if refused is None:
        return None
    # This row does not use the capacity that was reserved for it, so wake another one.
    free = [limit for limit, usage in usages.items() if usage.taken < limit.most]
    transaction.on_commit(lambda: wake_waiting(free, after=NO_ID), robust=True)
    return Refusal(refused.key)


def _measure(limit: Limit, row_id: UUID) -> _Usage:
    now = clock.now()
    (usage,) = _MEASURE[_column(limit)].rows(
        limit=limit.key, now=now, row=row_id, reserved_since=now - RESERVED_FOR
    )
    return usage


def _column(limit: Limit) -> str:
    return limit.key.partition(":")[0]


def occupy_capacity(claim: Claim) -> None:
    """Let the leased row of a call count against the limits of its claim from now on."""
    by_kind = {_column(limit): limit.key for limit in claim.limits}
    _OCCUPY.run(lane=by_kind.get("lane"), via=by_kind.get("via"), row=claim.id)


def wait_for_capacity(row_id: UUID, limit_key: str, *, fence: int | None = None) -> None:
    """Let a row wait until ``wake_waiting`` wakes it, or RECHECK is over.

    ``fence`` is the row's fence before its claim; None leaves the fence as it is.
    """
    _WAIT.run(
        limit=limit_key,
        fence=fence,
        first_recheck=clock.now() + RECHECK * random.uniform(0.8, 1.2),  # noqa: S311 - no secret
        seconds_each=RECHECK_EACH.total_seconds(),
        row=row_id,
    )


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
    _LOCK.run(limit=limit.key)
    usage = _measure(limit, NO_ID)
    woken: list[UUID] = []
    while usage.others_wait and usage.taken + len(woken) < limit.most and len(woken) < MOST_WOKEN:
        row = _wake_one(limit, after)
        if row is None:
            break
        after = row.tenant_id
        woken.append(row.id)
    return woken


def _wake_one(limit: Limit, after: UUID) -> _WokenRow | None:
    now = clock.now()
    return _WAKE_NEXT[_column(limit)].row(
        limit=limit.key,
        now=now,
        at_once=settings.CALLS_PER_TENANT,
        reserved_since=now - RESERVED_FOR,
        reserved_until=now + RESERVED_FOR,
        after=after,
    )
