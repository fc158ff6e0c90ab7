"""The worker claims and prepares a batch of rows in one transaction, and stores call results.

A failure is counted against the row it belongs to, and against no other.
"""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import Error, connection, transaction

from audit.jobs import BatchResult, CallResult, Claim, ClaimedBatch, Job, Postpone
from audit.worker import claims, completion, concurrency, inflight, results, wakeups
from audit.worker.admission import Room
from audit.worker.db_errors import is_connection_lost
from audit.worker.handlers import (
    batch_sizes,
    handlers,
    lock_only,
    preload_claimed,
    preload_rows,
    preloads,
    read_aheads,
)
from tenants import clock
from tenants.db import unit_of_work
from tenants.errors import DomainError
from tenants.scope import entered, tenant_scope

log = logging.getLogger(__name__)

PARK_AFTER = 3


def claim_single(row_id: UUID) -> ClaimedBatch:
    """Claim one row, as a batch; the batch is empty where the row can't be claimed."""
    return claims.claim_row(row_id, lock_only, read_aheads)


class NoRoom(Exception):
    """This process has no room for the calls of the next rows; the claim must roll back."""


def work_next() -> bool:
    """Claim and begin the next batch; its calls are left in flight.

    False where no other row is ready, or this process has no room for calls.
    """
    with inflight.room(work_next) as room:
        if room is None:
            return False
        try:
            more = _work_batch(room)
        except NoRoom:
            inflight.turn_away(work_next)
            return False
    # Another thread may have been turned away because this one had the room.
    return inflight.clear_turned_away() is not None or more


def _work_batch(room: Room) -> bool:
    while True:
        try:
            batch = begin(partial(_claim_batch, room))
        except claims.AtItsLimit as limit:
            claims.wake_later(limit)  # and go on with the next tenant
            continue
        for job in batch.jobs:
            inflight.launch(job, store_results, batch.topic)
        return batch.more


def _claim_batch(room: Room) -> ClaimedBatch:
    claimed = claims.claim_batch(room.calls, room.batch_sizes(batch_sizes), lock_only, read_aheads)
    if claimed.claims and not room.admits(claimed.claims[0].topic):
        raise NoRoom
    return claimed


def begin(claim_rows: Callable[[], ClaimedBatch]) -> BatchResult:
    """Claim a batch of rows and prepare it in one transaction; return the calls to make.

    A failed preparation rolls back the claims. It counts as a failure of the row at fault, unless
    the database connection was lost.
    """
    claimed = ClaimedBatch([])
    begun: list[Claim] = []
    nested = connection.in_atomic_block
    try:
        with transaction.atomic():
            claimed = claim_rows()
            if not claimed.claims:
                return BatchResult(more=False)
            tenant_id = claimed.claims[0].tenant_id
            # Nested, the former tenant has to be entered again afterwards.
            with tenant_scope(tenant_id) if nested else entered(tenant_id):
                return _prepare_rows(claimed, begun)
    except (claims.AtItsLimit, NoRoom):
        raise
    except Exception as error:
        rows = claimed.claims
        # A lost connection is no failure of the rows: the rollback left them as they were.
        if not rows or is_connection_lost(error):
            log.exception("outbox rows could not be claimed")
            return BatchResult(more=False)
        if len(rows) == 1:
            log.exception("an outbox row failed")
            # The claim was rolled back with everything else.
            _record_failure(rows[0].id, rows[0].fence - 1, error)
            # The failed row must not keep this worker from the others.
            return BatchResult(more=True)
        log.info("%s rows are begun one by one: %s", len(rows), error)
        return _begin_each(rows, begun[-1:], error)


def _begin_each(rows: list[Claim], last: list[Claim], error: Exception) -> BatchResult:
    """Begin the rows of a failed batch one by one, so that only the row at fault fails.

    A programming error counts as a failure of ``last``, the row that was being prepared. An error
    of the database or a DomainError may come from the other rows of the batch, so then that row is
    tried again too.
    """
    at_fault = [] if isinstance(error, Error | DomainError) else last
    for claim in at_fault:
        log.error("an outbox row failed", exc_info=error)
        _record_failure(claim.id, claim.fence - 1, error)
    batches = [begin(partial(claim_single, claim.id)) for claim in rows if claim not in at_fault]
    jobs = tuple(job for one in batches for job in one.jobs)
    return BatchResult(True, sum(one.done for one in batches), jobs, rows[0].topic)


def _prepare_rows(claimed: ClaimedBatch, begun: list[Claim]) -> BatchResult:
    """Prepare the rows of the current tenant; append each to ``begun`` before it is prepared."""
    done, jobs, rows = 0, [], claimed.claims
    with preload_claimed(claimed):
        for claim in rows:
            begun.append(claim)
            unit_of_work.next_batch()
            job = handlers[claim.topic].prepare(claim)
            if isinstance(job, Postpone):
                _postpone(claim, job)
                continue
            # A job with another claim (``enqueue_claimed``) leaves nothing to do for this row.
            if job is None or job.claim.id != claim.id:
                completion.complete_with_batch(claim)
            elif claim.topic in lock_only:
                raise RuntimeError(f"{claim.topic} is registered as making no calls.")
            done += 1
            jobs += [job] if job is not None else []
    # Hooks at commit send wake-ups, so jobs that these rows enqueued may be ready at once.
    more = claimed.more or bool(connection.run_on_commit)
    return BatchResult(more, done, tuple(jobs), rows[0].topic)


def _postpone(claim: Claim, later: Postpone) -> None:
    if later.limit_key:
        concurrency.wait_for_capacity(claim.id, later.limit_key, fence=claim.fence - 1)
    else:
        completion.postpone(claim, clock.now() + later.wait)


def carry_out(job: Job) -> Job | None:
    """Make one call in this thread and store its result; return the next job, if there is one."""
    try:
        outcome = inflight.perform(job)
    except Exception as error:
        return _fail_call(job, error)
    return write_outcome(job, outcome)


def write_outcome(
    job: Job, outcome: object, write: Callable[[Job, object], Job | None] = results.write
) -> Job | None:
    """Store the outcome of a call with ``write``; an error counts as a failure of its row."""
    try:
        return write(job, outcome)
    except Exception as error:
        return _fail_call(job, error)


def store_results(finished: list[CallResult]) -> None:
    """Store results of calls in flight and launch the jobs that follow them."""
    following = [job for job in store_batch(finished) if job is not None]
    for job in following:
        if inflight.is_closed():
            with transaction.atomic():
                completion.release(job.claim)
            wakeups.send_wakeup(job.claim.id)
        else:
            inflight.launch(job, store_results, job.claim.topic)
    if claims.forget_turned_away(finished[0].job.claim.tenant_id):
        inflight.turn_away(work_next)


def store_batch(finished: list[CallResult]) -> list[Job | None]:
    """Store results of one tenant, in one transaction where possible; return the job after each."""
    failed = [one for one in finished if one.error]
    singles = [one for one in finished if not one.error and one.job.claim.topic not in preloads]
    batch = [one for one in finished if not one.error and one.job.claim.topic in preloads]
    if len(batch) == 1:
        singles, batch = [*singles, *batch], []
    following: results.NextJobs = {}
    next_jobs = [_fail_call(one.job, one.error) for one in failed if one.error]
    next_jobs += [write_outcome(one.job, one.outcome) for one in singles]
    if batch and not results.write_batch(batch, preload_rows, following):
        next_jobs += [
            write_outcome(
                one.job, one.outcome, lambda job, out: results.write_reloaded(job, out, following)
            )
            for one in batch
        ]
    elif batch:
        next_jobs += following.values()
    return next_jobs


def _fail_call(job: Job, error: Exception) -> Job | None:
    said = "the call of outbox row %s failed, or its result was not stored"
    log.error(said, job.claim.id, exc_info=error)
    _record_failure(job.claim.id, job.claim.fence, error)
    with transaction.atomic():
        concurrency.free_capacity(job.claim)
    return None


def _record_failure(row_id: UUID, fence: int, error: Exception) -> None:
    """Count a failure of the row and let it wait; park the row after PARK_AFTER failures.

    Does nothing where another worker has claimed the row meanwhile.
    """
    with transaction.atomic():
        parked = completion.record_failure(row_id, fence, PARK_AFTER)
        if parked is not None:
            _notify_parked(parked, error)


def _notify_parked(claim: Claim, error: Exception) -> None:
    """Call the handler's ``give_up``. The row stays parked even where that fails."""
    try:
        with transaction.atomic(), tenant_scope(claim.tenant_id):
            handlers[claim.topic].give_up(claim, f"{type(error).__name__}: {error}")
    except Exception:
        log.exception("parked %s %s, and nobody could be told", claim.topic, claim.object_id)
