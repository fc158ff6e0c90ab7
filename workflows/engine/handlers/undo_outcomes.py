"""How an undo ends: carried out, left undone, or for a person to look at."""

from typing import Any
from uuid import UUID

from approvals.decisions.undo import ask_undo
from approvals.gate import verdict
from approvals.models import Proposal, ReviewItem
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
from workflows.engine.state.failures import MOST, PARKED
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.models import Call


def act_of(proposal: Proposal) -> Proposal:
    """What it undoes."""
    assert proposal.undoes_id is not None
    return Proposal.objects.select_related("tool").get(pk=proposal.undoes_id)


def done(
    proposal: Proposal, act: Proposal, reason: str, result: dict[str, Any] | None = None
) -> None:
    """The undo was carried out: both actions say so, and the record names who asked."""
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


def stop(context: Context, proposal: Proposal, status: str, problem: str) -> None:
    """One action was not undone, or nobody knows: the rest is left, and a person is told.

    An empty ``status``: the gate has refused it already.
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
        unit_of_work.update(proposal, {"undoes_id": None})
    for other in item.proposals.filter(status="cancelled"):
        unit_of_work.update(other, {"undoes_id": None})
    said = "may or may not have been undone" if doubt else "was not undone"
    options = ["happened", "did_not"] if doubt else _ways_out(context, proposal)
    otherwise = Cause.SAID_NO if status == "failed" else Cause.RULE
    text = f"{item.title.removeprefix('Undo: ')} {said}. {problem}"
    raise_exception(
        context,
        item.step,
        CausedProblem(text, Cause.IN_DOUBT) if doubt else caused_problem(problem, otherwise, text),
        more={
            "item": item.draft["undoes"],
            "proposal": str(proposal.pk),
            "options": options,
        },
    )


def _ways_out(context: Context, proposal: Proposal) -> list[str]:
    """Asking for the undo again leads nowhere while a rule or a rung forbids it."""
    args, lane = proposal.args, context.lane(proposal.step.removesuffix("~"))
    if verdict.is_forbidden(lane, proposal.tool, args, context.house):
        return ["close"]
    return ["undo_again", "close"]


def settle_doubt(proposal: Proposal, *, happened: bool) -> None:
    """A person looked and says whether the undo took place."""
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
    done(proposal, act_of(proposal), "A person looked and says it happened.")


def ask_again(item: ReviewItem) -> None:
    """A way out of an exception: ask for the undo once more, as the person who chose it."""
    decision = item.decisions.select_related("by").get()
    actor = access.read_actor(decision.by_id, current_tenant_id())
    try:
        if actor is None:
            raise DomainError("Whoever asked for it is gone.")
        ask_undo(UUID(item.draft["item"]), actor=actor, words=decision.words)
    except DomainError as error:
        step = item.step.removesuffix("!")
        more = {"item": item.draft["item"], "options": ["close"]}
        problem = CausedProblem(error.message, Cause.RULE)
        raise_exception(read_context(item.run_id), step, problem, more=more)


def undo_given_up(debt: outbox.Claim, error: str) -> None:
    """The row of an undo, or of one of its calls, failed again and again."""
    call = Call.objects.filter(pk=debt.object_id).first()
    acts = Proposal.objects.select_related("tool", "item__decided_by")
    if call is not None:
        found = acts.filter(pk=call.request["proposal"])
    else:
        found = acts.filter(item_id=debt.object_id)
    proposal = found.filter(status__in=("approved", "executing")).order_by("position").first()
    if proposal is not None:
        problem = CausedProblem(PARKED, Cause.CODE, details=error[:MOST])
        status = "refused" if proposal.status == "approved" else "in_doubt"
        stop(read_context(proposal.run_id), proposal, status, problem)
