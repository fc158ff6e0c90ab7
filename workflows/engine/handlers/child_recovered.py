"""Child runs that recovered: the parent run goes on after a failed child run is done after all.

The exception that the failure had raised in the parent run is withdrawn.
"""

from approvals.models import ReviewItem
from approvals.queries import tenant_rules
from approvals.review import services as review
from audit import outbox
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from workflows.engine.advance.advance import advance
from workflows.engine.handoffs.handoff import result_of
from workflows.engine.state.attempts import reset_step, skipped_steps
from workflows.engine.state.context import Context, begin_row, lock_context, published
from workflows.engine.state.moves import reopen
from workflows.models import Run, StepRun


def reopen_parent(child: Run, row: StepRun) -> outbox.Job | None:
    """Reopen a failed parent run and take its child's result.

    Where other items of the step failed too, the result is stored and the run stays failed.
    """
    if child.status != "done" or row.replaced_at or row.status != "failed":
        return None
    run = Run.objects.select_for_update(no_key=True).get(pk=row.run_id)
    if run.status != "failed":
        return None
    if _others_failed(row):
        _replace_attempt(
            Context(run, run.workflow, published(run.version_id), tenant_rules()), child, row
        )
        return None
    # Reopened first, because ``lock_context`` reads no run that is over.
    reopen(run)
    context = lock_context(run.pk)
    return take_child_result(context, child, row) if context else None


def take_child_result(context: Context, child: Run, row: StepRun) -> outbox.Job | None:
    """Replace the failed handoff by the result of its child run, and advance the parent run.

    Where other items of the same list failed too, the result is stored and the run stays as it is.
    """
    if _others_failed(row):
        _replace_attempt(context, child, row)
        return None
    _replace_attempt(context, child, row)
    if row.item is not None and (own := context.steps[row.name]).status == "failed":
        _resume_list(context, own)
    # Steps were skipped because this one had failed: they begin anew.
    for other in skipped_steps(context):
        reset_step(context, other)
    _withdraw_exception(context, row.name, f"{child.workflow.title} was done after all.")
    return advance(context)


def _others_failed(row: StepRun) -> bool:
    """Whether other items of the same step failed too, so that the step stays failed."""
    if row.item is None:
        return False
    rows = StepRun.objects.filter(run_id=row.run_id, name=row.name, replaced_at=None)
    return rows.exclude(item=None).exclude(pk=row.pk).filter(status="failed").exists()


def _replace_attempt(context: Context, child: Run, row: StepRun) -> None:
    """Replace the failed attempt by a finished one with the child run's result."""
    # Replace before inserting: one row a step is live (``one_live_step_a_name``).
    StepRun.objects.filter(pk=row.pk).update(replaced_at=clock.now())
    anew = begin_row(
        context,
        context.definition.step(row.name),
        "done",
        item=row.item,
        attempt=row.attempt + 1,
        output=result_of(child),
        ended_at=clock.now(),
    )
    # The child belongs to the live attempt, where pages and later results look for it.
    Run.objects.filter(pk=child.pk).update(parent=anew)


def _resume_list(context: Context, own: StepRun) -> None:
    """Insert the next attempt of a list's step, which begins the items that are left."""
    StepRun.objects.filter(pk=own.pk).update(replaced_at=clock.now())
    step = context.definition.step(own.name)
    begin_row(context, step, "waiting", attempt=own.attempt + 1, output=own.output)


def _withdraw_exception(context: Context, step: str, why: str) -> None:
    rows = ReviewItem.objects.filter(run_id=context.run.pk, kind="exception", status="waiting")
    for item in rows.filter(step=step):
        review.close_item(item, "cancelled", verb=Verb.ITEM_CANCELLED, actor=SYSTEM, reason=why)
