"""Outcomes of an undo: carried out, stopped with an exception, or asked for again."""

from typing import Any

from approvals.decisions.undo import ask_undo
from approvals.gate import verdict
from approvals.models import Proposal, ReviewItem, UndoDraft
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import DomainError
from tenants.scope import current_tenant_id
from workflows.engine.review import approved
from workflows.engine.state.context import Context, read_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import LONGEST_DETAILS, PARKED
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import LOOK_WHETHER, WayOut
from workflows.models import Call


def undone_action(proposal: Proposal) -> Proposal:
    """Return the action that an undo's proposal undoes, with its tool."""
    assert proposal.undoes_id is not None
    return Proposal.objects.select_related("tool").get(pk=proposal.undoes_id)


def mark_undone(
    proposal: Proposal, act: Proposal, reason: str, result: dict[str, Any] | None = None
) -> None:
    """Move an undo's proposal to executed and its action to undone, and record who asked for it."""
    move(
        proposal,
        "executed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE,
        reason=reason,
        result=result,
        executed_at=clock.now(),
    )
    by = proposal.item.decided_by
    decision = proposal.item.decisions.first()
    words = decision.words if decision else ""
    said = f"{by} asked for it{f': {words}' if words else '.'}"
    move(act, "undone", actor=SYSTEM, verb=Verb.EFFECT_UNDONE, reason=said)


def stop_undo(context: Context, proposal: Proposal, status: str, problem: str) -> None:
    """Stop an undo at an action that was not undone or is in doubt, and raise an exception.

    The undo's other actions are cancelled. ``status`` is the proposal's new one; empty where the
    gate has refused it already.
    """
    verbs = {"refused": Verb.PERMIT_REFUSED, "failed": Verb.EFFECT_FAILED}
    if status:
        verb = verbs.get(status, Verb.EFFECT_IN_DOUBT)
        move(proposal, status, actor=SYSTEM, verb=verb, reason=problem)
    approved.void_permits(proposal, problem)
    item = ReviewItem.objects.get(pk=proposal.item_id)
    approved.withdraw_actions(item, problem)
    doubt = status == "in_doubt"
    if not doubt:
        # Frees the action for another undo (unique index ``undone_once``).
        unit_of_work.update(proposal, {"undoes_id": None})
    for other in item.proposals.filter(status="cancelled"):
        unit_of_work.update(other, {"undoes_id": None})
    said = "may or may not have been undone" if doubt else "was not undone"
    options = LOOK_WHETHER if doubt else _ways_out(context, proposal)
    otherwise = Cause.SAID_NO if status == "failed" else Cause.RULE
    text = f"{item.title.removeprefix('Undo: ')} {said}. {problem}"
    raise_exception(
        context,
        item.step,
        CausedProblem(text, Cause.IN_DOUBT) if doubt else caused_problem(problem, otherwise, text),
        only=options,
        item_id=UndoDraft.read(item.draft).item_id,
        proposal_id=proposal.pk,
        about_undo=True,
    )


def _ways_out(context: Context, proposal: Proposal) -> tuple[WayOut, ...]:
    """Return the ways out of a stopped undo: asking again only where rule and rung allow it."""
    args, workflow_gate = proposal.args, context.workflow_gate(proposal.step)
    if verdict.is_forbidden(workflow_gate, proposal.tool, args, context.gate_context):
        return (WayOut.CLOSE,)
    return (WayOut.UNDO_AGAIN, WayOut.CLOSE)


def resolve_undo_doubt(proposal: Proposal, *, happened: bool) -> None:
    """Store a person's answer whether an undo in doubt took place."""
    if not happened:
        move(
            proposal,
            "failed",
            actor=SYSTEM,
            verb=Verb.EFFECT_FAILED,
            reason="A person looked and says it did not happen.",
        )
        unit_of_work.update(proposal, {"undoes_id": None})
        return
    mark_undone(proposal, undone_action(proposal), "A person looked and says it happened.")


def ask_undo_again(item: ReviewItem) -> None:
    """Request an exception's undo again, as the person who chose this way out.

    Raises another exception where they may not ask for it, or where it can't be undone.
    """
    draft = ExceptionDraft.read(item.draft)
    assert draft.item_id is not None
    decision = item.decisions.select_related("by").get()
    actor = access.read_actor(decision.by_id, current_tenant_id())
    try:
        if actor is None:
            raise DomainError("Whoever asked for it is gone.")
        ask_undo(draft.item_id, actor=actor, words=decision.words)
    except DomainError as error:
        problem = CausedProblem(error.message, Cause.RULE)
        context, only = read_context(item.run_id), (WayOut.CLOSE,)
        raise_exception(
            context, draft.step, problem, only=only, item_id=draft.item_id, about_undo=True
        )


def stop_parked_undo(claim: outbox.Claim, error: str) -> None:
    """Handler of a parked outbox row: stop the undo whose job or call failed again and again."""
    call = Call.objects.filter(pk=claim.object_id).first()
    acts = Proposal.objects.select_related("tool", "item__decided_by")
    if call is not None:
        found = acts.filter(pk=call.request["proposal"])
    else:
        found = acts.filter(item_id=claim.object_id)
    proposal = found.filter(status__in=("approved", "executing")).order_by("position").first()
    if proposal is not None:
        problem = CausedProblem(PARKED, Cause.CODE, details=error[:LONGEST_DETAILS])
        status = "refused" if proposal.status == "approved" else "in_doubt"
        stop_undo(read_context(proposal.run_id), proposal, status, problem)
