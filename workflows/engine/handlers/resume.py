"""Runs that go on after a pause, a parked job or a stall: enqueue the jobs they lack."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from approvals.models import Proposal, ReviewItem
from audit import outbox
from audit.models import Outbox
from tenants.scope import current_tenant_id
from workflows.engine.advance import waits
from workflows.engine.advance.advance import advance
from workflows.engine.calls import journal, limits
from workflows.engine.handlers import undo
from workflows.engine.state import parents
from workflows.engine.state.context import Context, lock_context
from workflows.models import Call, Run, StepRun

TOPIC = "run.pick_up"


def pick_up_due(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``run.pick_up``: enqueue a run's missing jobs and advance it, unless paused."""
    context = lock_context(claim.object_id)
    return pick_up(context) if context and not context.run.paused_at else None


def pick_up(context: Context) -> outbox.Job | None:
    """Enqueue the jobs that a run waits for and that have no outbox row, and advance the run.

    Nothing is done twice: a call keeps its journal entry and its key.
    """
    run_id = context.run.pk
    intended = Call.objects.filter(run_id=run_id, status="intended", step__replaced_at=None)
    lost = dict(intended.values_list("pk", "key"))
    of_undos = _keys_of_undos(run_id)
    unfollowed = _unfollowed_items(context)
    # An object with an outbox row needs none: a worker will come back to it.
    with_jobs = ids_with_jobs([*lost, *unfollowed])
    for call_id in lost.keys() - with_jobs:
        topic = undo.CALL if lost[call_id] in of_undos else journal.TOPIC
        # claims=1: the next claim is the second, so the call counts as one that may have been made.
        outbox.enqueue(topic, call_id, claims=1, priority=limits.priority_of(context))
    for item_id in unfollowed - with_jobs:
        outbox.enqueue("item.closed", item_id)
    _enqueue_waits(context)
    return advance(context)


def _keys_of_undos(run_id: UUID) -> set[str]:
    """Return the keys of the calls that undo actions of a run."""
    # ``undoes`` is null once an undo has stopped; rows of the former release lack ``is_undo``.
    undos = Proposal.objects.filter(Q(is_undo=True) | Q(undoes__isnull=False), item__run_id=run_id)
    return {
        f"hr-{prefix}{pk}" for pk in undos.values_list("pk", flat=True) for prefix in ("", "check-")
    }


def _enqueue_waits(context: Context) -> None:
    """Enqueue the missing timers of wait steps, and the missing results of child runs."""
    rows = StepRun.objects.filter(run_id=context.run.pk, status="waiting", replaced_at=None)
    waits_ids = set(rows.filter(kind="wait").values_list("pk", flat=True))
    over = Run.objects.filter(parent__in=rows, status__in=("done", "failed", "cancelled"))
    children = set(over.values_list("pk", flat=True))
    with_jobs = ids_with_jobs([*waits_ids, *children])
    for step_id in waits_ids - with_jobs:
        outbox.enqueue(waits.TOPIC, step_id)
    for child_id in children - with_jobs:
        outbox.enqueue(parents.TOPIC, child_id)


def ids_with_jobs(object_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of these objects that have an outbox row that is not parked.

    Rows that only let an item expire don't count.
    """
    rows = Outbox.objects.filter(
        tenant_id=current_tenant_id(), object_id__in=list(object_ids), parked_at=None
    )
    return set(rows.exclude(topic="item.expire").values_list("object_id", flat=True))


def _unfollowed_items(context: Context) -> set[UUID]:
    """Return the ids of closed items whose decision the run has not followed yet."""
    items = ReviewItem.objects.filter(run_id=context.run.pk).exclude(kind__in=("exception", "undo"))
    closed = {item.step: item for item in items.order_by("id") if item.status != "waiting"}
    proposals = Proposal.objects.filter(item__run_id=context.run.pk, planted=False, is_undo=False)
    approved = set(proposals.filter(status="approved").values_list("item_id", flat=True))
    waiting = {name for name, row in context.steps.items() if row.status == "waiting"}
    # The newest item of a step is the one it waits for.
    newest_last = proposals.filter(step__in=waiting).order_by("item_id")
    asked = dict(newest_last.values_list("step", "item_id"))
    return {
        item.pk
        for item in closed.values()
        if item.pk in approved
        or item.step in waiting
        or item.pk in asked.values()
        or not context.run.outcome
    }
