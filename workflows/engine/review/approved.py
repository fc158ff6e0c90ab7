"""Approved actions: marked as executed, withdrawn with their permits, or stored late."""

from typing import Any

from approvals.models import Permit, Proposal, ReviewItem
from approvals.rules.phrases import titled
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from workflows.engine.calls import tries
from workflows.engine.calls.outcomes import Answer
from workflows.engine.state.context import Context, read_context
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.exceptions.ways_out import LOOK_WHETHER
from workflows.models import Call


def mark_executed(proposal: Proposal, response: dict[str, Any]) -> None:
    """Move an approved action to executed and store the tool's response."""
    move(
        proposal,
        "executed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE,
        reason=titled(proposal.tool, proposal.args),
        result=response,
        executed_at=clock.now(),
    )


def set_outcome(context: Context, outcome: str) -> None:
    """Store the outcome on the context's run."""
    unit_of_work.update(context.run, {"outcome": outcome})


def withdraw_actions(item: ReviewItem, why: str, *, only: Proposal | None = None) -> None:
    """Cancel an item's approved actions, or ``only`` this one, and void their permits."""
    approved = item.proposals.filter(status="approved")
    for proposal in approved.filter(pk=only.pk) if only else approved:
        void_permits(proposal, why)
        move(proposal, "cancelled", actor=SYSTEM, verb=Verb.PROPOSAL_CLOSED, reason=why)


def void_permits(proposal: Proposal, why: str) -> None:
    """Void the open permit of an action, if it has one."""
    for permit in Permit.objects.filter(proposal=proposal, void_because="", status="open"):
        move(permit, "void", actor=SYSTEM, void_because=why[:300])


def record_late_answer(call: Call, answer: Answer) -> None:
    """Store the answer of a tool call whose run has ended, on the call's action and in the record.

    An effect in doubt raises an exception.
    """
    if call.kind != "tool" or "proposal" not in call.request:
        return
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    if proposal.status != "executing":
        return  # it is settled already
    answer = tries.final_answer(call, answer)
    if answer.response is not None:
        mark_executed(proposal, answer.response)
    elif answer.doubt:
        move(proposal, "in_doubt", actor=SYSTEM, verb=Verb.EFFECT_IN_DOUBT, reason=answer.problem)
        said = f"{titled(proposal.tool, proposal.args)} may or may not have happened."
        raise_exception(
            read_context(call.run_id),
            proposal.step,
            CausedProblem(f"{said} {answer.problem}", Cause.IN_DOUBT),
            options=LOOK_WHETHER,
            item_id=proposal.item_id,
            proposal_id=proposal.pk,
        )
    else:
        move(proposal, "failed", actor=SYSTEM, verb=Verb.EFFECT_FAILED, reason=answer.problem)
