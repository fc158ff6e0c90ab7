"""Actions that are submitted for review again: what is left of an item, or its fallback."""

from dataclasses import replace

from approvals.gate import verdict as gate
from approvals.gate.freshness import current_revisions
from approvals.gate.tools import check_args
from approvals.models import CONTENT_KINDS, Proposal, ReviewItem
from approvals.review.services import Action, Ask
from approvals.rules.ladder import Outcome
from approvals.rules.phrases import title_of
from tenants.errors import Invalid
from workflows.engine.review import reviewers
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.repetition import repetition_objection
from workflows.engine.review.shapers import shapers
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_of_refusal
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.exceptions.ways_out import WayOut

RESUBMIT_REASON = "It was approved before but could not be done, so you are asked again."


def renewed_action(proposal: Proposal) -> Action:
    """Return the action of a proposal anew, with the current revisions of its sources."""
    return Action(
        proposal.step,
        proposal.tool,
        proposal.args,
        current_revisions(proposal.sources),
        proposal.rung,
    )


def resubmit_objection(context: Context, proposal: Proposal) -> str:
    """Return the objection to submitting an action again; empty where there is none."""
    tool = proposal.tool
    if not tool.enabled:
        return CausedProblem(f"{tool.title} is switched off.", Cause.TOOL)
    try:
        check_args(tool, proposal.args)
    except Invalid as error:
        return problem_of_refusal(error)
    workflow_gate = context.workflow_gate(proposal.step)
    verdict = gate.verdict_on(workflow_gate, tool, proposal.args, context=context.gate_context)
    if verdict.outcome is not Outcome.PERMIT:
        return verdict.why
    why = obstacle(tool, proposal.args, context.tenant, context.secrets)
    return why or repetition_objection(context, tool, proposal.args)


def ways_out_after(context: Context, proposal: Proposal) -> tuple[WayOut, ...]:
    """Return the ways out of a refused action; a rule or rung that forbids it rules out asking."""
    workflow_gate = context.workflow_gate(proposal.step)
    if gate.is_forbidden(workflow_gate, proposal.tool, proposal.args, context.gate_context):
        return (WayOut.SKIP, WayOut.CLOSE)
    return (WayOut.ASK_AGAIN, WayOut.CLOSE)


def ask_from(
    context: Context, former: ReviewItem, actions: tuple[Action, ...], why: str = RESUBMIT_REASON
) -> Ask:
    """Return the item to open in the place of ``former``, with these actions."""
    whom = replace(reviewers.reviewers_of(context, actions, None), why=why)
    return Ask(
        workflow_id=former.workflow_id,
        workflow_name=former.workflow_name,
        version=former.version,
        run_id=former.run_id,
        step=former.step,
        kind="proposal",
        title=title_of((one.tool, one.args) for one in actions) or former.title,
        asked_by=former.asked_by,
        draft=former.draft,
        evidence=former.evidence,
        attempt=context.count_items(former.step, CONTENT_KINDS) + 1,
        actions=actions,
        shaped_by=shapers(context),
        **vars(whom),
    )
