"""Performing what was approved: in order, each with its own permit and key."""

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
from workflows.engine.review.resubmit import ways_after
from workflows.engine.state import breakers
from workflows.engine.state.breakers import Hold
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.models import Call, StepRun

PERFORM = "effect.perform"
# An action of a group that was tried. What comes after it is asked about in its turn.
BEGUN = ("executing", "executed", "in_doubt", "failed", "refused")


def perform_next(
    context: Context, case: Case, *, mine: UUID = concurrency.NO_ID
) -> outbox.Job | None:
    """Redeem the permit of the item's next approved proposal and begin its call.

    None where the last one is done, where the gate refused, or where it has to wait.
    ``mine`` is the row that asks, if it waited for room.
    """
    proposal = next((p for p in case.proposals if p.status == "approved"), None)
    if proposal is None:
        return advance(context)
    if context.run.paused_at:
        return None  # resuming asks for what is left
    step = context.steps[proposal.step]
    if held := breakers.hold(context.circuits, "tool", proposal.tool_name):
        return wait_or_use(context, step, proposal, held)
    counted = limits.under(context.workflow)
    if no_room := limits.refusal_of(counted, mine=mine):
        priority = limits.priority_of(context)
        limits.enqueue_behind(PERFORM, proposal.item_id, no_room, priority=priority)
        return None
    barred, refusal = _first_barred(context, case)
    if barred is not None:
        proposal, step = barred, context.steps[barred.step]
    else:
        refusal = permits.redeem(proposal, context.lane(step.name), case, context.house)
    if refusal:
        _stop_group(
            context,
            step,
            case.item,
            caused_problem(refusal, Cause.RULE),
            options=ways_after(context, proposal),
            proposal=proposal,
        )
        return advance(context)
    move(step, "running", actor=SYSTEM)
    request: dict[str, Any] = {
        "proposal": str(proposal.pk),
        "tool": proposal.tool_name,
        "args": proposal.args,
    }
    if limit := context.definition.step(step.name).head.timeout:
        request["timeout"] = limit
    call = journal.intend(step, "tool", proposal.tool_name, request, key=f"hr-{proposal.pk}")
    debt = outbox.enqueue_claimed(journal.TOPIC, call.pk, limits=counted)
    return journal.tool_job(debt, context, call, proposal)


def _first_barred(context: Context, case: Case) -> tuple[Proposal | None, str]:
    """A later action of a group that can't be carried out as things stand, its permit void.

    Asked before the first is carried out: a refund is not made without the mail that goes along.
    """
    group = [p for p in case.proposals if p.status == "approved"]
    if len(group) < 2 or any(p.status in BEGUN for p in case.proposals):
        return None, ""
    for number, proposal in enumerate(group):
        lane = context.lane(proposal.step)
        if permits.permit_objection(proposal, lane, case, context.house):
            if number == 0:
                break  # redeeming it says so
            return proposal, permits.redeem(proposal, lane, case, context.house)
    return None, ""


def after_effect(
    context: Context,
    step: StepRun,
    call: Call,
    answer: Answer,
    proposal: Proposal | None = None,
) -> outbox.Job | None:
    """Write what came of an effect and go on to the next of its group."""
    if proposal is None:
        proposal = Proposal.objects.select_related("tool", "item").get(pk=call.request["proposal"])
    if answer.response is not None:
        approved.executed(proposal, answer.response)
        move(step, "done", actor=SYSTEM, output=answer.response, ended_at=clock.now())
        if proposal.item_id not in context.open:
            return advance(context)
        case = case_to_perform(proposal.item_id)
        assert case is not None
        return perform_next(context, case)
    options: tuple[str, ...] = ("happened", "did_not")
    if answer.doubt:
        status, verb = "in_doubt", Verb.EFFECT_IN_DOUBT
    else:
        verb = Verb.PERMIT_REFUSED if answer.is_barred else Verb.EFFECT_FAILED
        status, options = "failed", ways_after(context, proposal)
    move(proposal, status, actor=SYSTEM, verb=verb, reason=answer.problem)
    what = titled(proposal.tool, proposal.args)
    said = "may or may not have happened" if answer.doubt else "did not happen"
    problem = _problem(answer, f"{what} {said}. {answer.problem}")
    if not (answer.doubt or answer.is_barred):
        used, job = use_fallback(context, step, proposal, problem)
        if used:
            return job
    _stop_group(context, step, proposal.item, problem, options=options, proposal=proposal)
    return advance(context)


def _problem(answer: Answer, text: str) -> CausedProblem:
    """What became of an effect that was not done, or of which nobody knows."""
    if answer.doubt:
        return CausedProblem(text, Cause.IN_DOUBT)
    return caused_problem(answer.problem, Cause.RULE if answer.is_barred else Cause.SAID_NO, text)


def _stop_group(
    context: Context,
    step: StepRun,
    item: ReviewItem,
    problem: CausedProblem,
    *,
    options: tuple[str, ...],
    proposal: Proposal,
) -> None:
    """One action did not go through: the rest of its group does not happen either."""
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
    more = {"item": str(item.pk), "proposal": str(proposal.pk)}
    raise_exception(context, step.name, problem, options=options, more=more)


def wait_or_use(
    context: Context, step: StepRun, proposal: Proposal, held: Hold
) -> outbox.Job | None:
    """The tool of an approved action keeps failing: use a fallback at once, or wait."""
    used, job = use_fallback(context, step, proposal, held.why)
    if not used:
        priority = limits.priority_of(context)
        outbox.enqueue(PERFORM, proposal.item_id, due_at=held.until, priority=priority)
    return job


def use_fallback(
    context: Context, step: StepRun, proposal: Proposal, problem: str
) -> tuple[bool, outbox.Job | None]:
    """Use the next fallback of an action that was not done. Whether there was one."""
    plans = context.definition.step(step.name).head.on_failure
    for number, plan in enumerate(plans[step.fallback :], step.fallback + 1):
        if plan.value is not None:
            approved.withdraw_actions(proposal.item, problem, only=proposal)
            fallbacks.use_value(context, step, number, plan.value, problem)
            return True, _perform(context, proposal.item_id)
        if not plan.tool or fallback_tools.rest_is_barred(context, step, proposal):
            continue
        if action := fallback_tools.action_of(context, step, proposal, plan):
            fallback_tools.propose_instead(context, step, proposal, action, number, problem)
            return True, None
    return False, None


def perform_due(debt: outbox.Claim) -> outbox.Job | None:
    """Handler of ``effect.perform``: go on with the approved actions of an item."""
    item = ReviewItem.objects.filter(pk=debt.object_id).first()
    context = lock_context(item.run_id) if item else None
    if item is None or context is None:
        return None
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)
    return _perform(context, item.pk, mine=debt.id)


def _perform(
    context: Context, item_id: UUID, *, mine: UUID = concurrency.NO_ID
) -> outbox.Job | None:
    case = case_to_perform(item_id)
    assert case is not None
    return perform_next(context, case, mine=mine)
