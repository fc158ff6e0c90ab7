"""Handoff steps: start another workflow's run, and take its result as the step's output."""

from typing import Any

from tenants.errors import Conflict
from workflows.definitions.definition import Step, is_part
from workflows.definitions.schema import DEEPEST
from workflows.engine.handoffs.child_runs import checked_input, start_child
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.parents import parent_runs
from workflows.engine.state.revisions import revisions_in
from workflows.models import Run, StepRun, Workflow
from workflows.steps.results import HandOver


def begin(context: Context, step: Step, handover: HandOver, *, item: int | None = None) -> StepRun:
    """Start the other workflow's run and let the step wait for it.

    Raises Conflict where the workflow is not published, or the handoffs are too deep.
    """
    workflow = Workflow.objects.filter(slug=handover.workflow).exclude(live=None).first()
    if workflow is None:
        raise Conflict(f"There is no published workflow called {handover.workflow} any more.")
    if len(parent_runs(context.run)) >= DEEPEST:
        raise Conflict(f"Work may be handed over {DEEPEST} times in a row, not more.")
    given = checked_input(handover.input)
    note = f"Handed over to {workflow.title}."
    row = begin_row(context, step, "waiting", note=note, item=item)
    start_child(workflow, given, parent=row, of=context.run, by=context.workflow.title)
    return row


def result_of(child: Run) -> dict[str, Any]:
    """Return a finished run as a step's output: id, outcome, outputs and source revisions."""
    rows = list(
        StepRun.objects.filter(
            run_id=child.pk, replaced_at=None, item=None, status="done"
        ).order_by("id")
    )
    told = [row for row in rows if row.kind != "retrieve" and not is_part(row.name)]
    given = {row.name: row.output for row in told}
    used = {revision for row in rows for revision in revisions_in(row)}
    return {
        "run": str(child.pk),
        "outcome": child.outcome,
        "outputs": given,
        "revisions": sorted(used),
    }
