"""Advance of a run: begin every ready step, until the run waits for people, calls or events."""

from datetime import timedelta

from approvals.rules import expressions
from approvals.rules.ladder import LadderInput, Outcome, verdict_of
from audit import outbox
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Invalid
from workflows.definitions.definition import Step, is_part
from workflows.engine.advance import finish, for_each, waits
from workflows.engine.agents import loop as agent_loop
from workflows.engine.calls import fallbacks, limits
from workflows.engine.calls.ask_model import ask_model
from workflows.engine.handoffs import handoff
from workflows.engine.review import submit
from workflows.engine.state import parents, plan
from workflows.engine.state.attempts import declined_need
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.failures import problem_from_error
from workflows.engine.state.moves import wait_if_idle
from workflows.steps import step_kinds
from workflows.steps.results import (
    AskModel,
    Await,
    Converse,
    Done,
    HandOver,
    Propose,
    Recommend,
)

RECHECK_AFTER = timedelta(seconds=20)


def advance(context: Context) -> outbox.Job | None:
    """Begin the run's ready steps and return the call that this worker makes, if there is one.

    Further calls of parallel steps are enqueued for other workers. A run with nothing left to
    begin gets its drafts submitted, or ends.
    """
    if context.run.paused_at:
        return None  # resuming enqueues it again
    if context.is_stopped:
        # Nothing is lost by waiting: the job checks again later, and goes on once released.
        later = clock.now() + RECHECK_AFTER
        outbox.enqueue(
            "run.advance", context.run.pk, due_at=later, priority=limits.priority_of(context)
        )
        return None
    # One call is this worker's own; ``own`` is false for all after the first.
    job: outbox.Job | None = for_each.continue_each(context)
    job = agent_loop.continue_agents(context, own=job is None) or job
    # A step may be done as soon as it begins, and make others ready.
    while ready := plan.ready(context.definition, context.statuses()):
        for step in ready:
            if step.name in context.steps:
                continue  # begun with its group, earlier in this loop
            begun = _begin(context, step, own=job is None)
            job = job or begun
    if plan.finished(context.definition, context.statuses()):
        _finish(context)
    else:
        wait_if_idle(context)
    return job


def _begin(context: Context, step: Step, *, own: bool) -> outbox.Job | None:
    """Begin one step; an error inside it fails the step, never the worker."""
    try:
        if step.kind == "act":
            # Needs and conditions of a group are worked out for all its actions at once.
            submit.submit_group(context, step)
            return None
        if plan.blocked(context.definition, step, context.statuses()):
            _skip(context, step, "A step it needs has failed.")
            return None
        if step.head.if_ and not expressions.evaluate(step.head.if_, context.names()):
            _skip(context, step, f"Its condition did not hold: {step.head.if_}")
            return None
        return _begin_by_kind(context, step, own=own)
    except Exception as error:  # whatever a step raises is its failure
        if step.name in context.steps:
            raise  # the step has written rows, so the whole transaction is rolled back
        if isinstance(error, Invalid) and (why := declined_need(context, step)):
            _skip(context, step, why)
            return None
        problem = problem_from_error(error, f"step {step.name} of run {context.run.pk}")
        fallbacks.begin_failed(context, step, problem)
        return None


def _skip(context: Context, step: Step, why: str) -> None:
    begin_row(context, step, "skipped", note=why, ended_at=clock.now())


def _begin_by_kind(context: Context, step: Step, *, own: bool) -> outbox.Job | None:
    kind = step_kinds()[step.kind]
    ladder_input = LadderInput(rungs=context.gate_context.rungs + context.workflow_gate().rungs)
    verdict = verdict_of(kind.EFFECT, None, ladder_input)
    if verdict.outcome is Outcome.REFUSE:
        row = begin_row(context, step, "failed", note=verdict.why, ended_at=clock.now())
        record(Verb.STEP_REFUSED, row, actor=SYSTEM, reason=verdict.why)
        return None
    if step.head.for_each:
        return for_each.begin(context, step, own=own)
    match kind.begin(context, step):
        case Done(output):
            begin_row(context, step, "done", output=output, ended_at=clock.now())
        case AskModel() as question:
            return ask_model(context, step, question, own=own)[1]
        case Await() as awaited:
            waits.begin(context, step, awaited)
        case Converse(messages):
            return agent_loop.begin(context, step, messages, own=own)
        case HandOver() as handover:
            handoff.begin(context, step, handover)
        case Recommend() as recommended:
            submit.submit_recommendation(context, step, recommended)
        case Propose():
            raise AssertionError("actions are held as a group")
    return None


def _finish(context: Context) -> None:
    """Submit the drafts that no item has shown, or end the run where there are none."""
    if submit.submit_unseen_drafts(context):
        return
    if any(item.kind != "exception" and item.status == "waiting" for item in context.items):
        return
    # A part's failure is its step's, unless a value took its place.
    failed = [s for s in context.steps.values() if s.status == "failed" and not is_part(s.name)]
    if failed:
        finish.end_as_failed(context.run, failed[0].note)
        return
    move(
        context.run,
        "done",
        actor=SYSTEM,
        verb=Verb.RUN_FINISHED,
        # Decisions set the outcome; a run without any is simply done.
        outcome=context.run.outcome or "done",
        ended_at=clock.now(),
    )
    parents.tell_parent(context.run)
