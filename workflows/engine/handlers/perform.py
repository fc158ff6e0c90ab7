"""Performing what was approved: in order, each with its own permit and key."""

from typing import Any
from uuid import UUID

from approvals.decisions import permits
from approvals.models import Permit, Proposal, ReviewItem
from approvals.queries import Case, to_perform
from approvals.rules.phrases import titled
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from audit.worker import concurrency
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from workflows.engine.calls import journal, limits, tries
from workflows.engine.calls.outcomes import Answer
from workflows.engine.review.resubmit import ways_after
from workflows.engine.state import breakers
from workflows.engine.state.context import Context, look
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, Problem, problem_of
from workflows.models import Call, StepRun

# An action of a group that was tried. What comes after it is asked about in its turn.
BEGUN = ("executing", "executed", "in_doubt", "failed", "refused")


def perform_next(
    context: Context, case: Case, *, mine: UUID = concurrency.NOBODY
) -> outbox.Job | None:
    """Redeem the permit of the item's next approved proposal and begin its call.

    None where the last one is done, where the gate refused, or where it has to wait.
    ``mine`` is the row that asks, if it waited for room.
    """
    proposal = next((p for p in case.proposals if p.status == "approved"), None)
    if proposal is None:
        return _move_on(context)
    if context.run.paused_at:
        return None  # resuming asks for what is left
    step = context.steps[proposal.step]
    if held := breakers.hold(context.circuits, "tool", proposal.tool_name):
        from workflows.engine.review import fallback_tools

        return fallback_tools.wait_or_use(context, step, proposal, held)
    counted = limits.under(context.workflow)
    if no_room := limits.ask(counted, mine=mine):
        from workflows.engine.review.fallback_tools import PERFORM

        priority = limits.priority_of(context)
        limits.owe_behind(PERFORM, proposal.item_id, no_room, priority=priority)
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
            problem_of(refusal, Cause.RULE),
            options=ways_after(context, proposal),
            proposal=proposal,
        )
        return _move_on(context)
    move(step, "running", actor=SYSTEM)
    request: dict[str, Any] = {
        "proposal": str(proposal.pk),
        "tool": proposal.tool_name,
        "args": proposal.args,
    }
    if limit := context.definition.step(step.name).head.timeout:
        request["timeout"] = limit
    call = journal.intend(step, "tool", proposal.tool_name, request, key=f"hr-{proposal.pk}")
    debt = outbox.owe_leased(journal.TOPIC, call.pk, limits=counted)
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
        if permits.objection(proposal, lane, case, context.house):
            if number == 0:
                break  # redeeming it says so
            return proposal, permits.redeem(proposal, lane, case, context.house)
    return None, ""


def _move_on(context: Context) -> outbox.Job | None:
    from workflows.engine.advance.advance import advance

    return advance(context)


def after(
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
        _executed(proposal, answer.response)
        move(step, "done", actor=SYSTEM, output=answer.response, ended_at=clock.now())
        if proposal.item_id not in context.open:
            return _move_on(context)
        case = to_perform(proposal.item_id)
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
        from workflows.engine.review import fallback_tools

        used, job = fallback_tools.use(context, step, proposal, problem)
        if used:
            return job
    _stop_group(context, step, proposal.item, problem, options=options, proposal=proposal)
    return _move_on(context)


def _problem(answer: Answer, text: str) -> Problem:
    """What became of an effect that was not done, or of which nobody knows."""
    if answer.doubt:
        return Problem(text, Cause.IN_DOUBT)
    return problem_of(answer.problem, Cause.RULE if answer.is_barred else Cause.SAID_NO, text)


def _executed(proposal: Proposal, response: dict[str, Any]) -> None:
    move(
        proposal,
        "executed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE,
        reason=titled(proposal.tool, proposal.args),
        result=response,
        executed_at=clock.now(),
    )


def _stop_group(
    context: Context,
    step: StepRun,
    item: ReviewItem,
    problem: Problem,
    *,
    options: tuple[str, ...],
    proposal: Proposal,
) -> None:
    """One action did not go through: the rest of its group does not happen either."""
    move(step, "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    withdraw(item, problem)
    if item.proposals.filter(status="executed").exists():
        set_outcome(context, "partial")
    for other in item.proposals.filter(status="cancelled").exclude(pk=proposal.pk):
        row = context.steps.get(other.step)
        if row is not None and row.status == "waiting":
            move(
                row, "skipped", actor=SYSTEM, note="Another action of its group did not go through."
            )
    more = {"item": str(item.pk), "proposal": str(proposal.pk)}
    raise_exception(context, step.name, problem, options=options, more=more)


def set_outcome(context: Context, outcome: str) -> None:
    """Say on the run how it came out."""
    unit_of_work.update(context.run, {"outcome": outcome})


def withdraw(item: ReviewItem, why: str, *, only: Proposal | None = None) -> None:
    """Take approved actions of an item back, their permits with them."""
    approved = item.proposals.filter(status="approved")
    for proposal in approved.filter(pk=only.pk) if only else approved:
        void_permits(proposal, why)
        move(proposal, "cancelled", actor=SYSTEM, verb=Verb.PROPOSAL_CLOSED, reason=why)


def void_permits(proposal: Proposal, why: str) -> None:
    """Take the open permit of an action back, if it has one."""
    for permit in Permit.objects.filter(proposal=proposal, status="open"):
        move(permit, "void", actor=SYSTEM, void_because=why[:300])


def record_late(call: Call, answer: Answer) -> None:
    """A call that came back after its run had ended: the record still says what happened.

    Where nobody knows, a person is asked to look.
    """
    if call.kind != "tool":
        return
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    if proposal.status != "executing":
        return
    answer = tries.in_the_end(call, answer)
    if answer.response is not None:
        _executed(proposal, answer.response)
    elif answer.doubt:
        move(proposal, "in_doubt", actor=SYSTEM, verb=Verb.EFFECT_IN_DOUBT, reason=answer.problem)
        said = f"{titled(proposal.tool, proposal.args)} may or may not have happened."
        raise_exception(
            look(call.run_id),
            proposal.step,
            Problem(f"{said} {answer.problem}", Cause.IN_DOUBT),
            options=("happened", "did_not"),
            more={"item": str(proposal.item_id), "proposal": str(proposal.pk)},
        )
    else:
        move(proposal, "failed", actor=SYSTEM, verb=Verb.EFFECT_FAILED, reason=answer.problem)
