"""Outbox topics of this app: their handlers, and what is done with a parked row."""

import logging

from approvals import workflow_lookup
from approvals.decisions import undo
from approvals.models import ReviewItem
from audit import outbox
from audit.transitions import move
from tenants.actors import SYSTEM
from workflows.credentials import exchange
from workflows.drill import services as drilling
from workflows.engine.advance import finish, waits
from workflows.engine.advance.advance import advance
from workflows.engine.calls import jobs, journal
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers import (
    child_finished,
    form_shown,
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
from workflows.engine.state.context import lock_context
from workflows.engine.state.entered_runs import (
    RUN_AHEAD,
    loading,
    loading_for_calls,
    loading_for_items,
)
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import LONGEST_DETAILS, PARKED, UNFORESEEN
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.mcp import looks
from workflows.models import Call, Run, StepRun
from workflows.oauth import connecting, exchanging, renewing, taking_back
from workflows.openapi import fetched
from workflows.sources import reading
from workflows.triggers import schedules
from workflows.triggers.mail import poll

log = logging.getLogger(__name__)

# Runs in one batch. A run that begins has no effect yet, so a large batch risks nothing, and the
# more runs begin at once the more of their calls are in flight at once.
RUNS_IN_BATCH = 128


def register() -> None:
    """Register the handlers of this app's topics, and the gate's lookup of workflows."""
    workflow_lookup.register(gate_lookup.LOOKUP)
    jobs.register_answer_writer(store_answer)
    moves = outbox.FunctionHandler(advance_run, park_run)
    outbox.register(
        "run.advance",
        moves,
        loading,
        most=RUNS_IN_BATCH,
        makes_calls=False,
        read_ahead=RUN_AHEAD,
    )
    closed = outbox.FunctionHandler(follow_closed_item, park_run_of_item)
    outbox.register("item.closed", closed, loading_for_items, makes_calls=False, alone=True)
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
    drills = outbox.FunctionHandler(drilling.go_on, drilling.end_parked_drill)
    outbox.register(drilling.TOPIC, drills, makes_calls=False)
    form_shown.register()
    looks.register()
    fetched.register()
    reading.register()
    exchange.register()
    connecting.register()
    exchanging.register()
    renewing.register()
    taking_back.register()
    schedules.register()
    poll.register()


def advance_run(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``run.advance``: advance a run until it waits or ends."""
    context = lock_context(claim.object_id)
    return advance(context) if context else None


def park_run(claim: outbox.Claim, error: str) -> None:
    """End a run whose job failed again and again, and raise an exception with the error's details.

    The details are for the provider's staff alone.
    """
    context = lock_context(claim.object_id)
    if context is None:
        return
    log.error("run %s is parked: %s", context.run.pk, error)
    problem = CausedProblem(PARKED, Cause.CODE, details=error[:LONGEST_DETAILS])
    finish.end_as_failed(context.run, problem)
    raise_exception(context, "run", problem)


def park_call(claim: outbox.Claim, error: str) -> None:
    """Store a parked tool call as in doubt, or end the run of a parked model call.

    The tool may have acted, so a person has to look. The model may have been asked, so what that
    cost is not known.
    """
    call = Call.objects.select_related("step").filter(pk=claim.object_id).first()
    if call is None:
        return
    if call.kind == "tool" and call.status == "intended":
        # Barred, so that the tool is not called again: its answer could not be stored three times.
        store_answer(call, Answer(None, 0, problem=UNFORESEEN, doubt=True, is_barred=True))
        return
    if call.status == "intended":
        move(call, "lost", actor=SYSTEM, problem=UNFORESEEN, cost_micros=None)
    run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, call.run_id, claim.fence)
    park_run(run_claim, error)


def park_waiting_run(claim: outbox.Claim, error: str) -> None:
    """End the run of a wait step whose timer failed again and again."""
    step = StepRun.objects.filter(pk=claim.object_id).first()
    if step is not None:
        run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, step.run_id, claim.fence)
        park_run(run_claim, error)


def park_parent_run(claim: outbox.Claim, error: str) -> None:
    """End the parent run that failed again and again to take its child's result."""
    child = Run.objects.select_related("parent").filter(pk=claim.object_id).first()
    if child is not None and child.parent is not None:
        above = child.parent.run_id
        park_run(outbox.Claim(claim.id, claim.tenant_id, claim.topic, above, claim.fence), error)


def park_run_of_item(claim: outbox.Claim, error: str) -> None:
    """End the run that failed again and again to follow a closed item."""
    item = ReviewItem.objects.filter(pk=claim.object_id).first()
    if item is not None:
        run_claim = outbox.Claim(claim.id, claim.tenant_id, claim.topic, item.run_id, claim.fence)
        park_run(run_claim, error)
