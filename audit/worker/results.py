"""Call results are stored in the transaction that completes the claims of the calls.

A result in hand is paid for, and it says whether an effect happened. So where the database is away
for a short time, the write is retried rather than the call. Results of one tenant are stored in one
transaction; where that fails, each is stored by itself, so that only the one at fault fails.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from django.db import Error, connection, transaction

from audit.jobs import CallResult, Claim, Job, ReadsAhead, Reloadable
from audit.worker import completion, concurrency, leases
from audit.worker.db_errors import is_transient, retry_write
from tenants.db import unit_of_work
from tenants.scope import entered, tenant_scope

log = logging.getLogger(__name__)

PreloadClaims = Callable[[list[Claim]], AbstractContextManager[None]]
NextJobs = dict[UUID, Job | None]


def write(job: Job, outcome: object) -> Job | None:
    """Complete the job's claim and store the outcome; return the next job, if there is one.

    Writes nothing where the lease was lost. Raises what the job raises.
    """
    next_jobs: NextJobs = {}
    return _with_retries(job, lambda: _write_once(job, outcome, next_jobs), outcome, next_jobs)


def write_batch(results: list[CallResult], preload: PreloadClaims, next_jobs: NextJobs) -> bool:
    """Complete the claims of one tenant's calls and store their results, in one transaction.

    ``next_jobs`` gets the job that follows each, by the id of its row. False where the transaction
    failed: either nothing was written, or all of it and the confirmation was lost. Then call
    ``write_reloaded`` for each result, which handles both.
    """
    try:
        with transaction.atomic():
            completed = completion.complete_claims([one.job.claim for one in results])
            owned = [one for one in results if one.job.claim.id in completed]
            claims = [one.job.claim for one in owned]
            with entered(results[0].job.claim.tenant_id), preload(claims):
                for one in owned:
                    unit_of_work.next_batch()
                    concurrency.free_capacity(one.job.claim)
                    next_jobs[one.job.claim.id] = one.job.store_result(one.outcome)
    except Exception as error:
        log.info("the results of %s calls are written one by one: %s", len(results), error)
        return False
    for one in results:
        if one.job.claim.id not in completed:
            _already_completed(one.job, {})
    return True


def write_reloaded(job: Job, outcome: object, next_jobs: NextJobs) -> Job | None:
    """Store a result after ``write_batch`` failed, with the rows of the job read again."""
    return _with_retries(
        job, lambda: _reload_and_write(job, outcome, next_jobs), outcome, next_jobs
    )


def _with_retries(
    job: Job, first: Callable[[], Job | None], outcome: object, next_jobs: NextJobs
) -> Job | None:
    try:
        return first()
    except Error as error:
        if connection.in_atomic_block or not is_transient(error):
            raise
        log.warning("the result of %s could not be written yet: %s", job.claim.topic, error)
        with leases.renewed(job.claim.id, job.claim.fence):
            return retry_write(lambda: _reload_and_write(job, outcome, next_jobs), error)


def _write_once(job: Job, outcome: object, next_jobs: NextJobs) -> Job | None:
    nested = connection.in_atomic_block
    with transaction.atomic():
        kept = _complete(job)
        if kept is None:
            return _already_completed(job, next_jobs)
        concurrency.free_capacity(job.claim)
        # In a nested transaction ``tenant_scope`` restores the former tenant afterwards.
        scope = tenant_scope(job.claim.tenant_id) if nested else entered(job.claim.tenant_id)
        with scope, kept:
            found = job.store_result(outcome)
        next_jobs[job.claim.id] = found
        return found


def _complete(job: Job) -> AbstractContextManager[None] | None:
    """Complete a job's claim; keep what is read ahead for it. None where the lease was lost."""
    if not isinstance(job, ReadsAhead):
        return nullcontext() if completion.complete_claim(job.claim) else None
    ahead, object_id = job.reads
    row = completion.complete_and_read(job.claim, ahead.function, object_id)
    return None if row is None else ahead.keep(object_id, row)


def _reload_and_write(job: Job, outcome: object, next_jobs: NextJobs) -> Job | None:
    """Try to write again. The failed try has changed the model instances of the job."""
    fresh = job
    if isinstance(job, Reloadable):
        with tenant_scope(job.claim.tenant_id):
            fresh = job.reload()
    return _write_once(fresh, outcome, next_jobs)


def _already_completed(job: Job, next_jobs: NextJobs) -> Job | None:
    """Return the next job of a claim that is completed already, if our own lost commit did it."""
    found = next_jobs.get(job.claim.id)
    if found is not None and completion.holds_lease(found.claim):
        return found
    log.warning("late writer: %s lost its lease", job.claim.topic)
    return None
