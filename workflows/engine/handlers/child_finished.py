"""Child runs that ended: the parent run takes the result of its handoff and goes on."""

from approvals.models import ReviewItem
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows.definitions.definition import is_part
from workflows.engine.advance.advance import advance
from workflows.engine.handlers import child_recovered
from workflows.engine.handoffs.handoff import result_of
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.moves import set_running
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.exceptions.draft import ExceptionDraft
from workflows.models import Run, StepRun
from workflows.states import UNDER_WAY


def finish_handoff(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``run.child_over``: end the handoff step and advance the parent run."""
    child = Run.objects.select_related("workflow").filter(pk=claim.object_id).first()
    if child is None or child.parent_id is None or child.status in UNDER_WAY:
        return None
    row = StepRun.objects.get(pk=child.parent_id)
    context = lock_context(row.run_id)
    if context is None:
        return child_recovered.reopen_parent(child, row)
    # Another worker may have replaced the row before this one got the run's lock.
    row.refresh_from_db()
    if row.replaced_at is not None:
        return None
    # A person resolved the child's exception after the parent had taken its failure.
    if row.status == "failed" and child.status == "done":
        return child_recovered.take_child_result(context, child, row)
    if row.status != "waiting":
        return None
    _take_result(context, child, row)
    return advance(context)


def _take_result(context: Context, child: Run, row: StepRun) -> None:
    if row.item is None:
        row = context.steps[row.name]
    set_running(context)
    if child.status == "done":
        move(row, "done", actor=SYSTEM, output=result_of(child), ended_at=clock.now())
        return
    went = "was cancelled" if child.status == "cancelled" else "failed"
    said = f"{child.workflow.title} {went}. {child.problem}".strip()
    if is_part(row.name):  # an agent is told, and goes on; the child has an exception of its own
        move(row, "done", actor=SYSTEM, output={"failed": said}, ended_at=clock.now())
        return
    problem = CausedProblem(said, _cause_of(child))
    fail_step(row, problem)
    if row.item is None:
        raise_exception(context, row.name, problem, child=child.pk)


def _cause_of(child: Run) -> Cause:
    """Return the cause of a child run's failure: that of its newest exception."""
    if child.status == "cancelled":
        return Cause.PART_ENDED
    raised = ReviewItem.objects.filter(run_id=child.pk, kind="exception").order_by("-id").first()
    return (ExceptionDraft.read(raised.draft).cause if raised else None) or Cause.PART_ENDED
