"""Approved actions of an item: perform them in order, each with its own permit and key."""

from typing import Any
from uuid import UUID

from approvals.decisions import permits
from approvals.models import Proposal, ReviewItem
from approvals.queries import Case, case_to_perform
from approvals.rules.phrases import titled
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from audit.worker import concurrency
from tenants import clock
from tenants.actors import SYSTEM
from workflows.engine.advance.advance import advance
from workflows.engine.calls import fallbacks, journal, limits
from workflows.engine.calls.outcomes import Answer
from workflows.engine.review import approved, fallback_tools
from workflows.engine.review.resubmit import ways_out_after
from workflows.engine.state import breakers
from workflows.engine.state.breakers import CallDelay
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.moves import set_running
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.exceptions.ways_out import LOOK_WHETHER, WayOut
from workflows.models import Call, StepRun
from workflows.oauth.renewing import delay_before_call

PERFORM = "effect.perform"
# Statuses of an action that was tried. A later action's permit is checked when its turn comes.
TRIED_STATUSES = ("executing", "executed", "in_doubt", "failed", "refused")


def perform_next(
    context: Context, case: Case, *, row_id: UUID = concurrency.NO_ID
) -> outbox.Job | None:
    """Redeem the permit of an item's next approved proposal and return the job of its call.

    None where the run is paused, or where the call waits for a limit or an open circuit. After the
    last action, or a refused one, the run is advanced. ``row_id`` is the outbox row that waited.
    """
    proposal = next((p for p in case.proposals if p.status == "approved"), None)
    # One under way may be waiting for a person to answer what its tool asks.
    if proposal is None or any(p.status == "executing" for p in case.proposals):
        return advance(context)
    if context.run.paused_at:
        return None  # resuming performs what is left
    step = context.steps[proposal.step]
    # A permit is single-use: token, circuit and limit are checked before it is redeemed.
    if not context.run.is_sealed and (wait := delay_before_call(proposal.tool)):
        priority = limits.priority_of(context)
        outbox.enqueue(PERFORM, proposal.item_id, due_at=clock.now() + wait, priority=priority)
        return None
    admitted = proposal.tool_name
    if delay := breakers.admit_call(context.circuits, "tool", admitted):
        return wait_or_fall_back(context, step, proposal, delay)
    counted = limits.limits_of_call(context)
    if no_room := limits.refusal_of(counted, row_id=row_id):
        breakers.return_probe(context.circuits, "tool", admitted)
        priority = limits.priority_of(context)
        limits.enqueue_waiting(PERFORM, proposal.item_id, no_room, priority=priority)
        return None
    barred, refusal = _redeem_barred(context, case)
    if barred is not None:
        proposal, step = barred, context.steps[barred.step]
    else:
        refusal = _redeem(context, case, proposal)
    if refusal:
        breakers.return_probe(context.circuits, "tool", admitted)
        problem = caused_problem(refusal, Cause.RULE)
        options = ways_out_after(context, proposal)
        _stop_group(context, step, case.item, problem, options=options, proposal=proposal)
        return advance(context)
    move(step, "running", actor=SYSTEM)
    request = _request(proposal, context.definition.step(step.name).head.timeout)
    call = journal.intend(step, "tool", proposal.tool_name, request, key=f"hr-{proposal.pk}")
    # Permit, journal entry and outbox row commit together: after a crash another worker finds
    # the row and knows that the tool may have acted.
    claim = outbox.enqueue_claimed(journal.TOPIC, call.pk, limits=counted)
    return journal.tool_job(claim, context, call, proposal)


def _redeem(context: Context, case: Case, proposal: Proposal) -> str:
    """Redeem a proposal's permit; return why it may not be carried out, empty where it may.

    A sealed run has no permits and needs none: ``journal.tool_job`` makes no call for it.
    """
    if context.run.is_sealed:
        move(proposal, "executing", actor=SYSTEM, verb=Verb.EFFECT_STARTED, reason="Sealed.")
        return ""
    workflow_gate = context.workflow_gate(proposal.step)
    return permits.redeem(proposal, workflow_gate, case, context.gate_context)


def _request(proposal: Proposal, timeout: float | None) -> dict[str, Any]:
    """The request of a proposal's call as the journal keeps it; ``timeout`` is in seconds."""
    request: dict[str, Any] = {
        "proposal": str(proposal.pk),
        "tool": proposal.tool_name,
        "args": proposal.args,
    }
    return request | {"timeout": timeout} if timeout else request


def _redeem_barred(context: Context, case: Case) -> tuple[Proposal | None, str]:
    """Return a group's first later action that the gate refuses now, and why; its permit is void.

    Checked before the group's first action is performed, so that a refund is not made without the
    mail that goes with it.
    """
    group = [p for p in case.proposals if p.status == "approved"]
    is_tried = any(p.status in TRIED_STATUSES for p in case.proposals)
    if len(group) < 2 or is_tried or context.run.is_sealed:
        return None, ""
    for number, proposal in enumerate(group):
        workflow_gate = context.workflow_gate(proposal.step)
        if permits.permit_objection(proposal, workflow_gate, case, context.gate_context):
            if number == 0:
                break  # redeeming it says so
            return proposal, permits.redeem(proposal, workflow_gate, case, context.gate_context)
    return None, ""


def store_effect(
    context: Context,
    step: StepRun,
    call: Call,
    answer: Answer,
    proposal: Proposal | None = None,
) -> outbox.Job | None:
    """Store the result of an effect on its action and step, and perform the next of its group.

    A failed action uses its next fallback, or stops its group with an exception.
    """
    if proposal is None:
        proposal = Proposal.objects.select_related("tool", "item").get(pk=call.request["proposal"])
    if answer.response is not None:
        approved.mark_executed(proposal, answer.response)
        move(step, "done", actor=SYSTEM, output=answer.response, ended_at=clock.now())
        if proposal.item_id not in context.open:  # nothing is left of it: saves a query
            return advance(context)
        case = case_to_perform(proposal.item_id)
        assert case is not None
        return perform_next(context, case)
    options: tuple[WayOut, ...] = LOOK_WHETHER
    if answer.doubt:
        status, verb = "in_doubt", Verb.EFFECT_IN_DOUBT
    else:
        verb = Verb.PERMIT_REFUSED if answer.is_barred else Verb.EFFECT_FAILED
        status, options = "failed", ways_out_after(context, proposal)
    move(proposal, status, actor=SYSTEM, verb=verb, reason=answer.problem)
    what = titled(proposal.tool, proposal.args)
    said = "may or may not have happened" if answer.doubt else "did not happen"
    problem = _effect_problem(answer, f"{what} {said}. {answer.problem}")
    # No fallback for an effect in doubt, which may have happened, or against the gate's refusal.
    if not (answer.doubt or answer.is_barred):
        used, job = use_fallback(context, step, proposal, problem)
        if used:
            return job
    _stop_group(context, step, proposal.item, problem, options=options, proposal=proposal)
    return advance(context)


def _effect_problem(answer: Answer, text: str) -> CausedProblem:
    """Return the problem of an effect that was not done or is in doubt."""
    if answer.doubt:
        return CausedProblem(text, Cause.IN_DOUBT)
    return caused_problem(answer.problem, Cause.RULE if answer.is_barred else Cause.SAID_NO, text)


def _stop_group(
    context: Context,
    step: StepRun,
    item: ReviewItem,
    problem: CausedProblem,
    *,
    options: tuple[WayOut, ...],
    proposal: Proposal,
) -> None:
    """Fail an action's step, cancel the rest of its group, and raise an exception."""
    move(step, "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    approved.withdraw_actions(item, problem)
    if item.proposals.filter(status="executed").exists():
        approved.set_outcome(context, "partial")
    for other in item.proposals.filter(status="cancelled").exclude(pk=proposal.pk):
        row = context.steps.get(other.step)
        if row is not None and row.status == "waiting":
            move(
                row, "skipped", actor=SYSTEM, note="Another action of its group did not go through."
            )
    raise_exception(
        context, step.name, problem, options=options, item_id=item.pk, proposal_id=proposal.pk
    )


def wait_or_fall_back(
    context: Context, step: StepRun, proposal: Proposal, delay: CallDelay
) -> outbox.Job | None:
    """Use the fallback of an action whose tool's circuit is open, or enqueue it for a later try."""
    used, job = use_fallback(context, step, proposal, delay.why)
    if not used:
        priority = limits.priority_of(context)
        outbox.enqueue(PERFORM, proposal.item_id, due_at=delay.until, priority=priority)
    return job


def use_fallback(
    context: Context, step: StepRun, proposal: Proposal, problem: str
) -> tuple[bool, outbox.Job | None]:
    """Use the next fallback of an action that was not done.

    Returns whether there was one, and the call that this worker makes next, if any.
    """
    plans = context.definition.step(step.name).head.on_failure
    for number, plan in enumerate(plans[step.fallback :], step.fallback + 1):
        if plan.value is not None:
            approved.withdraw_actions(proposal.item, problem, only=proposal)
            fallbacks.use_value(context, step, number, plan.value, problem)
            return True, _perform(context, proposal.item_id)
        if not plan.tool or fallback_tools.rest_is_barred(context, step, proposal):
            continue
        if action := fallback_tools.action_of(context, step, proposal, plan):
            fallback_tools.propose_fallback(context, step, proposal, action, number, problem)
            return True, None
    return False, None


def perform_due(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``effect.perform``: perform the next approved action of an item."""
    item = ReviewItem.objects.filter(pk=claim.object_id).first()
    context = lock_context(item.run_id) if item else None
    if item is None or context is None:
        return None
    set_running(context)
    return _perform(context, item.pk, row_id=claim.id)


def _perform(
    context: Context, item_id: UUID, *, row_id: UUID = concurrency.NO_ID
) -> outbox.Job | None:
    case = case_to_perform(item_id)
    assert case is not None
    return perform_next(context, case, row_id=row_id)
