"""Closed review items: the run of an item follows the decision and goes on."""

from typing import Any

from approvals.decisions.deadlines import OVERDUE
from approvals.models import Decision, DecisionChoice, Proposal, ReviewItem
from approvals.queries import Case, case_to_perform
from approvals.review import routing
from approvals.review.services import open_item
from approvals.rules.phrases import titled
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.scope import share_moves_lock
from workflows.engine.advance.advance import advance
from workflows.engine.handlers import perform, questions, rewrite, undo_outcomes
from workflows.engine.handlers.resolutions import (
    cancel_run_of,
    deciding_actor,
    give_value,
    open_handed_exception,
    supersede_after,
)
from workflows.engine.handlers.resume import pick_up
from workflows.engine.review import approved, drafts
from workflows.engine.review.resubmit import (
    ask_from,
    renewed_action,
    resubmit_objection,
    ways_out_after,
)
from workflows.engine.state.attempts import DECLINED, begin_anew, reset_step, skipped_steps
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.moves import reopen, set_running, set_waiting
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.exceptions.draft import RUN, ExceptionDraft
from workflows.exceptions.ways_out import ANSWERS, WayOut
from workflows.models import Run


def follow_closed_item(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``item.closed``: follow the decision on an item, or its expiry, in its run."""
    case = case_to_perform(claim.object_id)
    if case is None:
        return None
    item, decision = case.item, case.decision
    if item.kind == "exception":
        return _resolve_exception(item)
    context = lock_context(item.run_id)
    if context is None:
        return None
    outcome = DecisionChoice(decision.choice).outcome if decision else item.status
    if decision and decision.choice == "again":
        return rewrite.write_again(context, case, decision)
    if decision and decision.choice in ("accept", "correct"):
        approved.set_outcome(context, outcome)
        return _follow_accepted(context, case, decision)
    # The policy wants an exception for this expiry; other expired items are declined.
    if item.reason_code == OVERDUE:
        return _fail_overdue(context, item)
    executed = Proposal.objects.filter(item__run_id=item.run_id, status="executed")
    done_before = executed.filter(is_undo=False).exists()
    approved.set_outcome(context, "partial" if done_before else outcome)
    _skip_declined(context, item, outcome)
    return advance(context)


def _follow_accepted(context: Context, case: Case, decision: Decision) -> outbox.Job | None:
    item = case.item
    _store_edited_text(context, item, decision)
    set_running(context)
    if item.kind == "proposal":
        return perform.perform_next(context, case)
    if item.text_draft.route_to:  # an accepted recommendation
        routing.ask_routed_members(item, decision, actor=deciding_actor(decision))
    row = context.steps.get(item.step)
    if row is not None and row.status == "waiting":
        move(row, "done", actor=SYSTEM, ended_at=clock.now())
    return advance(context)


def _store_edited_text(context: Context, item: ReviewItem, decision: Decision) -> None:
    """Store the text that a person edited as the step's output."""
    draft, text = item.text_draft, decision.edits.get("draft")
    if not draft.step or text is None:
        return
    row = context.steps[draft.step]
    output = drafts.corrected_output(row.output or {}, draft, text, str(decision.by))
    unit_of_work.update(row, {"output": output})


def _skip_declined(context: Context, item: ReviewItem, outcome: str) -> None:
    """Skip the steps of an item that was rejected, taken over or has expired."""
    set_running(context)
    for name in {item.step, *item.proposals.values_list("step", flat=True)}:
        row = context.steps.get(name)
        if row is not None and row.status == "waiting":
            note = f"{DECLINED}{outcome.replace('_', ' ')}."
            move(row, "skipped", actor=SYSTEM, note=note, ended_at=clock.now())


def _fail_overdue(context: Context, item: ReviewItem) -> outbox.Job | None:
    """Fail the step of actions that were not decided in time, and raise an exception.

    The policy asks for this; without it an expired item only skips its steps.
    """
    set_running(context)
    approved.set_outcome(context, "expired")
    acts = item.proposals.filter(status="expired").order_by("position")
    first, *others = acts.values_list("step", flat=True)
    problem = CausedProblem(f"Nobody decided in time: {item.title}.", Cause.NOT_DECIDED)
    move(context.steps[first], "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    for name in others:
        row = context.steps[name]
        if row.status == "waiting":
            note = "An action before it was not decided in time."
            move(row, "skipped", actor=SYSTEM, note=note, ended_at=clock.now())
    options = (WayOut.ASK_AGAIN, WayOut.CLOSE)
    raise_exception(context, first, problem, options=options, item_id=item.pk)
    return advance(context)


def _resolve_exception(item: ReviewItem) -> outbox.Job | None:
    """Follow the way out that was chosen for an exception; expiry and "close" change nothing."""
    decision = item.decisions.first()
    way = decision.reason if decision else WayOut.CLOSE
    if ExceptionDraft.read(item.draft).asked and way not in (*ANSWERS, WayOut.HAND):
        questions.leave_unanswered(item)
    handler = _WAYS_OUT.get(way)
    return handler(item) if handler else None


def _reopen_run(item: ReviewItem) -> Context | None:
    """Lock an exception's run and move it back to running if it had failed."""
    # Before the run's row, or a stop could deadlock with this transaction (``share_moves_lock``).
    share_moves_lock()
    run = Run.objects.select_for_update(no_key=True).filter(pk=item.run_id).first()
    if run is not None and run.status == "failed":
        reopen(run)
    return lock_context(item.run_id)


def _retry(item: ReviewItem) -> outbox.Job | None:
    """Replace the failed step and the skipped steps of a run, and begin them anew."""
    context = _reopen_run(item)
    if context is None:
        return None
    name = ExceptionDraft.read(item.draft).step
    if name == RUN:
        return pick_up(context)  # the exception is the run's: it was parked, or stood still
    failed = context.steps.get(name)
    again = skipped_steps(context)
    if failed is not None and failed.status == "failed":
        again.append(failed)
    for row in again:
        reset_step(context, row)
    return advance(context)


def _ask_again(item: ReviewItem) -> outbox.Job | None:
    """Submit the actions that were not done again, with the current revisions of their sources."""
    context = _reopen_run(item)
    return _resubmit_rest(context, item) if context else None


def _resubmit_rest(context: Context, item: ReviewItem) -> outbox.Job | None:
    """Submit the actions of an exception's item that are still open; advance without any."""
    draft = ExceptionDraft.read(item.draft)
    assert draft.item_id is not None
    former = ReviewItem.objects.get(pk=draft.item_id)
    open_actions = list(
        former.proposals.select_related("tool")
        .filter(status__in=("refused", "cancelled", "failed", "expired"))
        .exclude(step__in=[s.name for s in context.steps.values() if s.status == "done"])
        .order_by("position")
    )
    if barred := next(
        ((p, why) for p in open_actions if (why := resubmit_objection(context, p))), None
    ):
        return _raise_barred(context, draft, *barred)
    supersede_after(context, draft.step, keep={p.step for p in open_actions})
    if not open_actions:
        return advance(context)
    for proposal in open_actions:
        row = context.steps.get(proposal.step)
        if row is not None and row.status in ("failed", "skipped"):
            begin_anew(row, "waiting")
    open_item(ask_from(context, former, tuple(renewed_action(p) for p in open_actions)))
    set_waiting(context)
    return None


def _raise_barred(
    context: Context, draft: ExceptionDraft, proposal: Proposal, why: str
) -> outbox.Job | None:
    """Raise an exception for an action that may not be submitted again, with the reason."""
    said = f"{titled(proposal.tool, proposal.args)} was refused. {why}"
    problem = caused_problem(why, Cause.RULE, said)
    raise_exception(
        context,
        draft.step,
        problem,
        options=ways_out_after(context, proposal),
        item_id=draft.item_id,
        proposal_id=proposal.pk,
    )
    return advance(context)


def _skip(item: ReviewItem) -> outbox.Job | None:
    """Finish the failed step with the value that a person gave as its output."""
    decision = item.decisions.select_related("by").get()
    context = _reopen_run(item)
    if context is None:
        return None
    draft = ExceptionDraft.read(item.draft)
    if not give_value(context, draft.step, decision):
        problem = CausedProblem(draft.problem, draft.cause or Cause.WORKFLOW, draft.field)
        raise_exception(context, draft.step, problem)
        return advance(context)
    if draft.item_id is not None:
        return _resubmit_rest(context, item)
    supersede_after(context, draft.step, keep=set())
    return advance(context)


def _hand_over(item: ReviewItem) -> None:
    open_handed_exception(item, item.decisions.select_related("by").get())


def _cancel(item: ReviewItem) -> None:
    cancel_run_of(item, item.decisions.select_related("by").get())


def _mark_happened(item: ReviewItem) -> outbox.Job | None:
    return _resolve_doubt(item, happened=True)


def _mark_not_happened(item: ReviewItem) -> outbox.Job | None:
    return _resolve_doubt(item, happened=False)


def _resolve_doubt(item: ReviewItem, *, happened: bool) -> outbox.Job | None:
    """Store a person's answer whether an effect in doubt took place; submit what is left."""
    rows = Proposal.objects.select_related("item__decided_by")
    proposal_id = ExceptionDraft.read(item.draft).proposal_id
    assert proposal_id is not None
    proposal = rows.get(pk=proposal_id)
    if proposal.status != "in_doubt":
        return None  # it is settled already
    if proposal.undoes_id:
        undo_outcomes.resolve_undo_doubt(proposal, happened=happened)
        return None
    said = "it happened" if happened else "it did not happen"
    move(
        proposal,
        "executed" if happened else "failed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE if happened else Verb.EFFECT_FAILED,
        reason=f"A person looked and says {said}.",
        executed_at=clock.now() if happened else None,
    )
    context = _reopen_run(item)
    if context is None:
        return None
    row = context.steps[proposal.step]
    if happened and row.status == "failed":
        note = "A person looked and says it happened."
        context.steps[row.name] = begin_anew(
            row, "done", output={}, note=note, ended_at=clock.now()
        )
        others = Proposal.objects.filter(item_id=proposal.item_id, status="cancelled")
        approved.set_outcome(context, "partial" if others.exists() else "accepted")
    return _resubmit_rest(context, item)


_WAYS_OUT: dict[str, Any] = {
    WayOut.ANSWER: questions.answer_call,
    WayOut.DECLINE: questions.answer_call,
    WayOut.RETRY: _retry,
    WayOut.ASK_AGAIN: _ask_again,
    WayOut.UNDO_AGAIN: undo_outcomes.ask_undo_again,
    WayOut.SKIP: _skip,
    WayOut.HAND: _hand_over,
    WayOut.CANCEL: _cancel,
    WayOut.HAPPENED: _mark_happened,
    WayOut.DID_NOT: _mark_not_happened,
}
