"""What this app does with rows of the outbox."""

import logging

from approvals import workflow_lookup
from approvals.decisions import undo
from approvals.models import ReviewItem
from audit import outbox
from workflows.engine.advance import finish, waits
from workflows.engine.advance.advance import advance
from workflows.engine.calls import journal
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers import (
    child_finished,
    perform,
    resume,
    stalls,
    timers,
    undo_outcomes,
)
from workflows.engine.handlers import (
    undo as undoing,
)
from workflows.engine.handlers.call_settled import make_call, store_answer
from workflows.engine.handlers.item_closed import follow_closed_item
from workflows.engine.review import gate_lookup
from workflows.engine.state import parents
from workflows.engine.state.context import (
    loading,
    loading_for_calls,
    loading_for_items,
    lock_context,
)
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import MOST, PARKED, UNFORESEEN
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Call, Run, StepRun
from workflows.triggers import schedules
from workflows.triggers.mail import poll

log = logging.getLogger(__name__)

# Runs that begin act on nothing yet, and the more begin together the more calls fly together.
RUNS_IN_BATCH = 128


def register() -> None:
    """Take the topics of this app, and let the gate read workflows."""
    workflow_lookup.register(gate_lookup.LOOKUP)
    journal.register_answer_writer(store_answer)
    moves = outbox.FunctionHandler(advance_run, park_run)
    outbox.register("run.advance", moves, loading, most=RUNS_IN_BATCH, makes_calls=False)
    closed = outbox.FunctionHandler(follow_closed_item, park_run_of_item)
    outbox.register("item.closed", closed, loading_for_items, makes_calls=False)
    outbox.register(waits.TOPIC, outbox.FunctionHandler(timers.end_wait, park_waiting_run))
    outbox.register(
        parents.TOPIC, outbox.FunctionHandler(child_finished.finish_handoff, park_parent_run)
    )
    outbox.register(perform.PERFORM, outbox.FunctionHandler(perform.perform_due, park_run_of_item))
    outbox.register(
        undo.TOPIC, outbox.FunctionHandler(undoing.undo_item, undo_outcomes.stop_parked_undo)
    )
    outbox.register(
        undoing.CALL, outbox.FunctionHandler(undoing.make_undo_call, undo_outcomes.stop_parked_undo)
    )
    outbox.register(resume.TOPIC, outbox.FunctionHandler(resume.pick_up_due, park_run))
    outbox.register(stalls.TOPIC, outbox.FunctionHandler(stalls.raise_stalled))
    outbox.register(journal.TOPIC, outbox.FunctionHandler(make_call, park_call), loading_for_calls)
    schedules.register()
    poll.register()


def advance_run(claim: outbox.Claim) -> outbox.Job | None:
    """Move a run on as far as it goes."""
    context = lock_context(claim.object_id)
    return advance(context) if context else None


def park_run(claim: outbox.Claim, error: str) -> None:
    """A run that failed again and again is parked as an exception, its technical words kept
    for staff.
    """
    context = lock_context(claim.object_id)
    if context is None:
        return
    log.error("run %s is parked: %s", context.run.pk, error)
    problem = CausedProblem(PARKED, Cause.CODE, details=error[:MOST])
    finish.end_as_failed(context.run, problem)
    raise_exception(context, "run", problem, options=("retry", "close"))


def park_call(claim: outbox.Claim, error: str) -> None:
    """A call whose row keeps failing: a tool's may have acted, so a person looks; a model's is
    parked with its run.
    """
    call = Call.objects.select_related("step").filter(pk=claim.object_id).first()
    if call is None:
        return
    if call.kind == "tool" and call.status == "intended":
        # Barred, so that it is not asked again: what came back could not be written three times.
        store_answer(call, Answer(None, 0, problem=UNFORESEEN, doubt=True, is_barred=True))
        return
    run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, call.run_id, claim.fence)
    park_run(run_claim, error)


def park_waiting_run(claim: outbox.Claim, error: str) -> None:
    """A waiting step that can't be woken is parked with its run."""
    step = StepRun.objects.filter(pk=claim.object_id).first()
    if step is not None:
        run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, step.run_id, claim.fence)
        park_run(run_claim, error)


def park_parent_run(claim: outbox.Claim, error: str) -> None:
    """A run whose end the one above can't follow: the one above is parked."""
    child = Run.objects.select_related("parent").filter(pk=claim.object_id).first()
    if child is not None and child.parent is not None:
        above = child.parent.run_id
        park_run(outbox.Claim(claim.id, claim.tenant_id, claim.topic, above, claim.fence), error)


def park_run_of_item(claim: outbox.Claim, error: str) -> None:
    """An item whose closing the run can't follow is parked with its run."""
    item = ReviewItem.objects.filter(pk=claim.object_id).first()
    if item is not None:
        run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, item.run_id, claim.fence)
        park_run(run_claim, error)
