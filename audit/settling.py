"""Writing what came of a call, in the transaction that pays its debt.

A call that came back is known and paid for. So where the database is away just then, it
is waited for: the answer in hand is worth more than a second call, and than an effect
that is in doubt although somebody knows.
"""

import logging

from django.db import Error, connection, transaction

from audit import claims, heartbeat, places
from audit.debts import Job, Remembers
from audit.moments import insist, passing
from tenants.scope import entered, tenant_scope

log = logging.getLogger(__name__)


def write(job: Job, outcome: object) -> Job | None:
    """Settle the job's debt and write what came of it; the next call, if one follows.

    Nothing where the lease passed to somebody else. Raises what the job raises.
    """
    following: list[Job] = []
    try:
        return _once(job, outcome, following)
    except Error as error:
        if connection.in_atomic_block or not passing(error):
            raise
        log.warning("what came of %s could not be written yet: %s", job.debt.topic, error)
        with heartbeat.kept(job.debt.id, job.debt.fence):
            return insist(lambda: _again(job, outcome, following), error)


def _once(job: Job, outcome: object, following: list[Job]) -> Job | None:
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not claims.pay(job.debt):
            return _written_before(job, following)
        places.leave(job.debt)
        # Nested, the former tenant has to be entered again afterwards.
        with tenant_scope(job.debt.tenant_id) if nested else entered(job.debt.tenant_id):
            found = job.settle(outcome)
        following[:] = [found] if found is not None else []
        return found


def _again(job: Job, outcome: object, following: list[Job]) -> Job | None:
    """Another try. The rows in the job's memory are as the failed try left them."""
    fresh = job
    if isinstance(job, Remembers):
        with tenant_scope(job.debt.tenant_id):
            fresh = job.afresh()
    return _once(fresh, outcome, following)


def _written_before(job: Job, following: list[Job]) -> Job | None:
    """The debt is paid: by somebody else, or by our own commit that was never confirmed."""
    for found in following:
        if claims.holds(found.debt):
            return found
    log.warning("late writer: %s lost its lease", job.debt.topic)
    return None
