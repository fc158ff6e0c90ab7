"""Stalled runs: under way, without any job or open item. Each raises an exception.

One outbox row a tenant repeats the check. It reads in batches and in order of id.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from approvals.models import ReviewItem
from approvals.policies import orphans
from audit import outbox
from audit.worker import schedule
from tenants import clock
from tenants.models import Tenant
from tenants.scope import share_moves_lock
from workflows.engine.handlers.resume import ids_with_jobs
from workflows.engine.state.context import lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.exceptions.ways_out import WayOut
from workflows.models import Call, Run, StepRun
from workflows.states import UNDER_WAY

log = logging.getLogger(__name__)

TOPIC = "run.stalled"
AGE = timedelta(minutes=5)
CHECK_EVERY, CHECK_RARELY = timedelta(minutes=2), timedelta(minutes=10)
BATCH_SIZE = 200
STALL_PROBLEM = "It stood still: nothing of it was under way and nobody was asked anything."


def begin_stall_checks() -> None:
    """Enqueue the stall check of tenants that have none. Safe to run in many copies at once."""
    lacking: list[Tenant] = list(schedule.tenants_lacking(TOPIC)[:1000])
    if lacking:
        due = clock.now() + CHECK_EVERY
        schedule.begin(TOPIC, {tenant.pk: due for tenant in lacking})
    schedule.revive(TOPIC)


def raise_stalled(claim: outbox.Claim) -> outbox.Postpone:
    """Handler of ``run.stalled``: raise an exception for each stalled run of the tenant.

    Raises the alarm for items that nobody may decide too. Checks again soon while runs are under
    way, else rarely.
    """
    suspects = _suspects(None)
    while suspects:
        for run_id in _lock_stalled(suspects):
            _raise_exception(run_id)
        # By keyset, not by offset: runs end while the batches are read.
        suspects = _suspects(suspects[-1]) if len(suspects) == BATCH_SIZE else []
    orphans.mark_orphans()
    busy = Run.objects.filter(ended_at=None).exists()
    return outbox.Postpone(CHECK_EVERY if busy else CHECK_RARELY)


def _suspects(after: UUID | None) -> list[UUID]:
    """Return a batch of ids of runs that may be stalled: old enough, without open item or wait."""
    runs = _without_items_or_waits(Run.objects.filter(started_at__lte=_started_before())).order_by(
        "id"
    )
    if after is not None:
        runs = runs.filter(id__gt=after)
    return list(runs.values_list("pk", flat=True)[:BATCH_SIZE])


def _started_before() -> datetime:
    return clock.now() - AGE


def _without_items_or_waits(runs: QuerySet[Run]) -> QuerySet[Run]:
    asked = ReviewItem.objects.filter(run_id=OuterRef("pk"), status="waiting")
    # A wait may be for an event, which has no outbox row; a handoff waits for its child run.
    rests = StepRun.objects.filter(
        run_id=OuterRef("pk"), status="waiting", kind__in=("wait", "handoff"), replaced_at=None
    )
    under_way = runs.filter(status__in=UNDER_WAY, ended_at=None, paused_at=None)
    return under_way.filter(~Exists(asked), ~Exists(rests))


def _lock_stalled(suspects: Iterable[UUID]) -> list[UUID]:
    """Lock the stalled runs among these until the transaction ends, and return their ids."""
    with_jobs = _runs_with_jobs(suspects)
    left = [run_id for run_id in suspects if run_id not in with_jobs]
    if not left:
        return []
    # Before the runs' rows, or a stop could deadlock with this transaction (``share_moves_lock``).
    share_moves_lock()
    # Check again under the locks: a run moves only under its lock, and the reads above may have
    # caught it between two moves. A run that another worker has locked is not stalled.
    locked = Run.objects.filter(pk__in=left).order_by("id")
    locked_ids = list(
        locked.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    )
    quiet = set(
        _without_items_or_waits(Run.objects.filter(pk__in=locked_ids)).values_list("pk", flat=True)
    )
    with_jobs = _runs_with_jobs(locked_ids)
    return [run_id for run_id in locked_ids if run_id in quiet and run_id not in with_jobs]


def _runs_with_jobs(run_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of these runs that have a job: of the run, a step, a call or an item."""
    ids = list(run_ids)
    of = {run_id: run_id for run_id in ids}
    of |= dict(StepRun.objects.filter(run_id__in=ids, replaced_at=None).values_list("pk", "run_id"))
    intended = Call.objects.filter(run_id__in=ids, status="intended")
    of |= dict(intended.values_list("pk", "run_id"))
    items = ReviewItem.objects.filter(run_id__in=ids)
    of |= dict(items.values_list("pk", "run_id"))
    return {of[object_id] for object_id in ids_with_jobs(of)}


def _raise_exception(run_id: UUID) -> None:
    context = lock_context(run_id)
    if context is None:
        return
    log.error("run %s of %s stands still", run_id, context.workflow.slug)
    raise_exception(
        context, "run", CausedProblem(STALL_PROBLEM, Cause.STALLED), options=(WayOut.RETRY,)
    )
