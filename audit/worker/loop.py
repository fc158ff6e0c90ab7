"""Turns: rows are claimed and begun in one transaction, and what came of their calls is written.

Whatever fails is counted against the row it belongs to, and nothing else.
"""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import Error, connection, transaction

from audit.jobs import BatchResult, CallResult, Claim, ClaimedBatch, Job, Postpone
from audit.worker import claims, completion, concurrency, inflight, results, wakeups
from audit.worker.db_errors import is_connection_lost
from audit.worker.handlers import ahead_of, handlers, inside, read_ahead, together
from tenants import clock
from tenants.db import unit_of_work
from tenants.errors import DomainError
from tenants.scope import entered, tenant_scope

log = logging.getLogger(__name__)

PARK_AFTER = 3


def claim_single(row_id: UUID) -> ClaimedBatch:
    """Claim this row, if it can be had."""
    debt = claims.claim_row(row_id, inside)
    return ClaimedBatch([debt] if debt else [])


def work_next() -> bool:
    """Take what is next in turn; its calls are left in flight. False: nothing more is ready."""
    while most := inflight.room():
        try:
            turn = begin(partial(claims.claim_batch, most, together, inside))
        except claims.AtItsLimit as limit:
            claims.wake_later(limit)  # and the next tenant's turn
            continue
        for job in turn.jobs:
            inflight.launch(job, write_landed)
        return turn.more
    return False


def begin(take: Callable[[], ClaimedBatch]) -> BatchResult:
    """Claim rows and do their inside halves, in one transaction. The calls are left to make."""
    claimed = ClaimedBatch([])
    begun: list[Claim] = []
    nested = connection.in_atomic_block
    try:
        with transaction.atomic():
            claimed = take()
            if not claimed.debts:
                return BatchResult(more=False)
            tenant_id = claimed.debts[0].tenant_id
            # Nested, the former tenant has to be entered again afterwards.
            with tenant_scope(tenant_id) if nested else entered(tenant_id):
                return _inside(claimed, begun)
    except claims.AtItsLimit:
        raise
    except Exception as error:
        debts = claimed.debts
        # A database that went away says nothing of the rows, which are as they were before.
        if not debts or is_connection_lost(error):
            log.exception("outbox rows could not be taken")
            return BatchResult(more=False)
        if len(debts) == 1:
            log.exception("an outbox row failed")
            # The claim was rolled back with everything else.
            _failed(debts[0].id, debts[0].fence - 1, error)
            # One that fails is no reason to leave the others lying.
            return BatchResult(more=True)
        log.info("%s rows are begun one by one: %s", len(debts), error)
        return _begin_each(debts, begun[-1:], error)


def _begin_each(debts: list[Claim], last: list[Claim], error: Exception) -> BatchResult:
    """What could not be begun together, row by row, so that only the one at fault fails.

    A defect of the ``last`` that was begun counts as its failure. What the database or the
    engine refused may be due to the company it was in, so that one is tried again too.
    """
    guilty = [] if isinstance(error, Error | DomainError) else last
    for debt in guilty:
        log.error("an outbox row failed", exc_info=error)
        _failed(debt.id, debt.fence - 1, error)
    turns = [begin(partial(claim_single, debt.id)) for debt in debts if debt not in guilty]
    return BatchResult(
        True, sum(turn.done for turn in turns), tuple(j for t in turns for j in t.jobs)
    )


def _inside(claimed: ClaimedBatch, begun: list[Claim]) -> BatchResult:
    """The inside halves of rows of the tenant of the scope; ``begun`` gets how far it came."""
    done, jobs, debts = 0, [], claimed.debts
    with read_ahead(debts if len(debts) > 1 else ()):
        for debt in debts:
            begun.append(debt)
            unit_of_work.next_batch()
            job = handlers[debt.topic].prepare(debt)
            if isinstance(job, Postpone):
                _put_off(debt, job)
                continue
            # A handler that made its own leased debt has nothing left of this one.
            if job is None or job.debt.id != debt.id:
                completion.complete_with_batch(debt)
            elif debt.topic in inside:
                raise RuntimeError(f"{debt.topic} is registered as done inside, and calls.")
            done += 1
            jobs += [job] if job is not None else []
    # What these rows led to may be ready at once: a wake-up for it is sent at commit.
    more = claimed.more or bool(connection.run_on_commit)
    return BatchResult(more, done, tuple(jobs))


def _put_off(debt: Claim, later: Postpone) -> None:
    if later.behind:
        concurrency.wait_for_room(debt.id, later.behind, fence=debt.fence - 1)
    else:
        completion.postpone(debt, clock.now() + later.wait)


def carry_out(job: Job) -> Job | None:
    """Make one call here and write what came of it; the call that follows, if one does."""
    try:
        outcome = inflight.perform(job)
    except Exception as error:
        return _not_settled(job, error)
    return write_outcome(job, outcome)


def write_outcome(
    job: Job, outcome: object, write: Callable[[Job, object], Job | None] = results.write
) -> Job | None:
    """Write what came of a call; a failure counts against its row."""
    try:
        return write(job, outcome)
    except Exception as error:
        return _not_settled(job, error)


def write_landed(landed: list[CallResult]) -> None:
    """Calls in flight came back: write what came of them, and let the next ones start."""
    following = [job for job in settle_all(landed) if job is not None]
    for job in following:
        if inflight.is_closed():
            with transaction.atomic():
                completion.release(job.debt)
            wakeups.send_wakeup(job.debt.id)
        else:
            inflight.launch(job, write_landed)
    again = claims.has_room_again(landed[0].job.debt.tenant_id)
    if len(following) < len(landed) and (again or inflight.wants_more()):
        while work_next():
            pass


def settle_all(landed: list[CallResult]) -> list[Job | None]:
    """Write what came of calls of one tenant, together where that works; what follows each."""
    failed = [one for one in landed if one.error]
    alone = [one for one in landed if not one.error and one.job.debt.topic not in ahead_of]
    many = [one for one in landed if not one.error and one.job.debt.topic in ahead_of]
    if len(many) == 1:
        alone, many = [*alone, *many], []
    following: results.Following = {}
    found = [_not_settled(one.job, one.error) for one in failed if one.error]
    found += [write_outcome(one.job, one.outcome) for one in alone]
    if many and not results.write_together(many, read_ahead, following):
        found += [
            write_outcome(
                one.job, one.outcome, lambda job, out: results.write_after(job, out, following)
            )
            for one in many
        ]
    elif many:
        found += following.values()
    return found


def _not_settled(job: Job, error: Exception) -> Job | None:
    log.error("outbox row %s failed to settle", job.debt.id, exc_info=error)
    _failed(job.debt.id, job.debt.fence, error)
    with transaction.atomic():
        concurrency.free_room(job.debt)
    return None


def _failed(row_id: UUID, fence: int, error: Exception) -> None:
    """Count the failure and back off; park what fails again and again.

    Nothing where the row has passed to somebody else meanwhile.
    """
    with transaction.atomic():
        parked = completion.record_failure(row_id, fence, PARK_AFTER)
        if parked is not None:
            _give_up(parked, error)


def _give_up(debt: Claim, error: Exception) -> None:
    """Let people see it. Where even that fails the row is parked all the same."""
    try:
        with transaction.atomic(), tenant_scope(debt.tenant_id):
            handlers[debt.topic].give_up(debt, f"{type(error).__name__}: {error}")
    except Exception:
        log.exception("parked %s %s, and nobody could be told", debt.topic, debt.object_id)
