"""Runs that stand still: under way, and nobody owes them anything. That is an alarm.

One row of the outbox a tenant brings this back. It reads in sets and in order of id,
and what it suspects is looked at again under the runs' locks, because a run moves only
under its lock: without one a run could be caught between two reads.
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
from workflows.engine.handlers.resume import still_owed
from workflows.engine.state.context import lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Call, Run, StepRun

log = logging.getLogger(__name__)

TOPIC = "run.stalled"
AGE = timedelta(minutes=5)
LOOK_EVERY, LOOK_RARELY = timedelta(minutes=2), timedelta(minutes=10)
AT_ONCE = 200
SAID = "It stood still: nothing of it was under way and nobody was asked anything."


def begin_stall_checks() -> None:
    """Give tenants that have none their row. Cheap, and harmless in many copies at once."""
    lacking: list[Tenant] = list(schedule.tenants_lacking(TOPIC)[:1000])
    if lacking:
        due = clock.now() + LOOK_EVERY
        schedule.begin(TOPIC, {tenant.pk: due for tenant in lacking})
    schedule.revive(TOPIC)


def raise_stalled(debt: outbox.Claim) -> outbox.Postpone:
    """Handler of ``run.stalled``: raise an exception for each run that stands still, and an
    alarm for each item that nobody may decide.
    """
    suspects = _suspects(None)
    while suspects:
        for run_id in _stalled(suspects):
            _raise(run_id)
        suspects = _suspects(suspects[-1]) if len(suspects) == AT_ONCE else []
    orphans.mark_orphans()
    busy = Run.objects.filter(ended_at=None).exists()
    return outbox.Postpone(LOOK_EVERY if busy else LOOK_RARELY)


def _suspects(after: UUID | None) -> list[UUID]:
    """Runs that are old enough and ask nobody anything; most waiting runs do."""
    runs = _quiet(Run.objects.filter(started_at__lte=_long_ago())).order_by("id")
    if after is not None:
        runs = runs.filter(id__gt=after)
    return list(runs.values_list("pk", flat=True)[:AT_ONCE])


def _long_ago() -> datetime:
    return clock.now() - AGE


def _quiet(runs: QuerySet[Run]) -> QuerySet[Run]:
    asked = ReviewItem.objects.filter(run_id=OuterRef("pk"), status="waiting")
    # A wait may be for an event that nobody owes; a handoff is the other run's business.
    rests = StepRun.objects.filter(
        run_id=OuterRef("pk"), status="waiting", kind__in=("wait", "handoff"), replaced_at=None
    )
    under_way = runs.filter(status__in=("running", "waiting"), ended_at=None, paused_at=None)
    return under_way.filter(~Exists(asked), ~Exists(rests))


def _stalled(suspects: Iterable[UUID]) -> list[UUID]:
    """Of these, the runs that nobody owes anything, locked until the transaction ends."""
    owed = _owed(suspects)
    left = [run_id for run_id in suspects if run_id not in owed]
    if not left:
        return []
    share_moves_lock()
    locked = Run.objects.filter(pk__in=left).order_by("id")
    held = list(
        locked.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    )
    quiet = set(_quiet(Run.objects.filter(pk__in=held)).values_list("pk", flat=True))
    owed = _owed(held)
    return [run_id for run_id in held if run_id in quiet and run_id not in owed]


def _owed(run_ids: Iterable[UUID]) -> set[UUID]:
    """Runs of these that something is owed to: themselves, a step, a call, an item."""
    ids = list(run_ids)
    of = {run_id: run_id for run_id in ids}
    of |= dict(StepRun.objects.filter(run_id__in=ids, replaced_at=None).values_list("pk", "run_id"))
    intended = Call.objects.filter(run_id__in=ids, status="intended")
    of |= dict(intended.values_list("pk", "run_id"))
    items = ReviewItem.objects.filter(run_id__in=ids)
    of |= dict(items.values_list("pk", "run_id"))
    return {of[object_id] for object_id in still_owed(of)}


def _raise(run_id: UUID) -> None:
    context = lock_context(run_id)
    if context is None:
        return
    log.error("run %s of %s stands still", run_id, context.workflow.slug)
    raise_exception(context, "run", CausedProblem(SAID, Cause.STALLED), options=("retry",))
