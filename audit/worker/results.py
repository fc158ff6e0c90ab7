"""Writing what came of calls, in the transaction that pays their debts.

A call that came back is known and paid for. So where the database is away just then, it
is waited for: the answer in hand is worth more than a second call, and than an effect
that is in doubt although somebody knows. What came back for one tenant is written in
one transaction; where that fails, each by itself, so that only one of them fails.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from django.db import Error, connection, transaction

from audit.jobs import CallResult, Claim, Job, Reloadable
from audit.worker import completion, concurrency, leases
from audit.worker.db_errors import is_transient, retry_write
from tenants.db import unit_of_work
from tenants.scope import entered, tenant_scope

log = logging.getLogger(__name__)

Ahead = Callable[[list[Claim]], AbstractContextManager[None]]
Following = dict[UUID, Job | None]


def write(job: Job, outcome: object) -> Job | None:
    """Settle the job's debt and write what came of it; the next call, if one follows.

    Nothing where the lease passed to somebody else. Raises what the job raises.
    """
    following: Following = {}
    return _patiently(job, lambda: _once(job, outcome, following), outcome, following)


def write_together(landed: list[CallResult], ahead: Ahead, following: Following) -> bool:
    """Settle the debts of one tenant's jobs together; ``following`` gets what follows, by debt.

    False where that did not work out: then nothing was written, or all of it and nobody
    could say so. ``write_after`` settles each of them by itself, whichever it was.
    """
    try:
        with transaction.atomic():
            paid = completion.complete_claims([one.job.debt for one in landed])
            mine = [one for one in landed if one.job.debt.id in paid]
            debts = [one.job.debt for one in mine]
            with entered(landed[0].job.debt.tenant_id), ahead(debts):
                for one in mine:
                    unit_of_work.next_batch()
                    concurrency.free_room(one.job.debt)
                    following[one.job.debt.id] = one.job.settle(one.outcome)
    except Exception as error:
        log.info("what came of %s calls is written one by one: %s", len(landed), error)
        return False
    for one in landed:
        if one.job.debt.id not in paid:
            _written_before(one.job, {})
    return True


def write_after(job: Job, outcome: object, following: Following) -> Job | None:
    """Settle a job after ``write_together`` did not, with its rows read anew."""
    return _patiently(job, lambda: _again(job, outcome, following), outcome, following)


def _patiently(
    job: Job, first: Callable[[], Job | None], outcome: object, following: Following
) -> Job | None:
    try:
        return first()
    except Error as error:
        if connection.in_atomic_block or not is_transient(error):
            raise
        log.warning("what came of %s could not be written yet: %s", job.debt.topic, error)
        with leases.renewed(job.debt.id, job.debt.fence):
            return retry_write(lambda: _again(job, outcome, following), error)


def _once(job: Job, outcome: object, following: Following) -> Job | None:
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not completion.complete_claim(job.debt):
            return _written_before(job, following)
        concurrency.free_room(job.debt)
        # Nested, the former tenant has to be entered again afterwards.
        with tenant_scope(job.debt.tenant_id) if nested else entered(job.debt.tenant_id):
            found = job.settle(outcome)
        following[job.debt.id] = found
        return found


def _again(job: Job, outcome: object, following: Following) -> Job | None:
    """Another try. The rows in the job's memory are as the failed try left them."""
    fresh = job
    if isinstance(job, Reloadable):
        with tenant_scope(job.debt.tenant_id):
            fresh = job.reload()
    return _once(fresh, outcome, following)


def _written_before(job: Job, following: Following) -> Job | None:
    """The debt is paid: by somebody else, or by our own commit that was never confirmed."""
    found = following.get(job.debt.id)
    if found is not None and completion.holds_lease(found.debt):
        return found
    log.warning("late writer: %s lost its lease", job.debt.topic)
    return None
