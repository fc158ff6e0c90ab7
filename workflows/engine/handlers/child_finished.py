"""Handing work over to another workflow: its run begins, and comes back when it is over."""

from typing import Any

from approvals.models import ReviewItem
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Conflict
from workflows.engine.advance.child_runs import checked_input, start_child
from workflows.engine.state.attempts import fail
from workflows.engine.state.context import Context, begin_row, load
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.parents import above
from workflows.engine.state.revisions import revisions_in
from workflows.exceptions.causes import Cause, Problem, read
from workflows.models import Run, StepRun, Workflow
from workflows.steps.handoff import DEEPEST
from workflows.steps.results import HandOver
from workflows.validation.parse import Step


def begin(context: Context, step: Step, asked: HandOver, *, item: int | None = None) -> StepRun:
    """Start the other workflow's run and wait for it. Raises Conflict where that can't be."""
    workflow = Workflow.objects.filter(slug=asked.workflow).exclude(live=None).first()
    if workflow is None:
        raise Conflict(f"There is no published workflow called {asked.workflow} any more.")
    if len(above(context.run)) >= DEEPEST:
        raise Conflict(f"Work may be handed over {DEEPEST} times in a row, not more.")
    given = checked_input(asked.input)
    note = f"Handed over to {workflow.title}."
    row = begin_row(context, step, "waiting", note=note, item=item)
    start_child(workflow, given, parent=row, of=context.run, by=context.workflow.title)
    return row


def child_over(debt: outbox.Debt) -> outbox.Job | None:
    """Handler: take what the other workflow's run came to, and go on."""
    from workflows.engine.advance.advance import advance
    from workflows.engine.handlers import child_recovered

    child = Run.objects.select_related("workflow").filter(pk=debt.object_id).first()
    if child is None or child.parent_id is None or child.status in ("running", "waiting"):
        return None
    row = StepRun.objects.get(pk=child.parent_id)
    context = load(row.run_id)
    if context is None:
        return child_recovered.late(child, row)
    # Read again under the run's lock.
    row.refresh_from_db()
    if row.replaced_at is not None:
        return None
    if row.status == "failed" and child.status == "done":
        return child_recovered.mend(context, child, row)
    if row.status != "waiting":
        return None
    _take(context, child, row)
    return advance(context)


def _take(context: Context, child: Run, row: StepRun) -> None:
    if row.item is None:
        row = context.steps[row.name]
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)
    if child.status == "done":
        move(row, "done", actor=SYSTEM, output=result_of(child), ended_at=clock.now())
        return
    went = "was cancelled" if child.status == "cancelled" else "failed"
    said = f"{child.workflow.title} {went}. {child.problem}".strip()
    problem = Problem(said, _cause_of(child))
    fail(row, problem)
    if row.item is None:
        raise_exception(context, row.name, problem, more={"child": str(child.pk)})


def _cause_of(child: Run) -> Cause:
    """Why a run that was handed the work did not do it: the cause of its newest exception."""
    if child.status == "cancelled":
        return Cause.PART_ENDED
    raised = ReviewItem.objects.filter(run_id=child.pk, kind="exception").order_by("-id").first()
    return (read(raised.draft).cause if raised else None) or Cause.PART_ENDED


def result_of(child: Run) -> dict[str, Any]:
    """A finished run as a step's output: how it came out, and what its steps gave."""
    rows = list(
        StepRun.objects.filter(
            run_id=child.pk, replaced_at=None, item=None, status="done"
        ).order_by("id")
    )
    given = {row.name: row.output for row in rows if row.kind != "retrieve"}
    used = {revision for row in rows for revision in revisions_in(row)}
    return {
        "run": str(child.pk),
        "outcome": child.outcome,
        "outputs": given,
        "revisions": sorted(used),
    }
