"""Putting actions before a person again: what is left of an item, or something instead."""

from dataclasses import replace

from approvals.gate import verdict as gate
from approvals.gate.freshness import current_revisions
from approvals.gate.tools import check_args
from approvals.models import Proposal, ReviewItem
from approvals.review.services import Action, Ask
from approvals.rules.ladder import Outcome
from approvals.rules.phrases import title_of
from tenants.errors import Invalid
from workflows.engine.review import reviewers
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.repetition import refused_as_done
from workflows.engine.review.shapers import shapers
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_of_refusal
from workflows.exceptions.causes import Cause, CausedProblem

AGAIN = "It was approved before but could not be done, so you are asked again."


def anew(proposal: Proposal) -> Action:
    """The same action, resting on the sources as they are now."""
    return Action(
        proposal.step,
        proposal.tool,
        proposal.args,
        current_revisions(proposal.sources),
        proposal.rung,
    )


def resubmit_objection(context: Context, proposal: Proposal) -> str:
    """What stands against asking for an action again; empty where nothing does."""
    tool = proposal.tool
    if not tool.enabled:
        return CausedProblem(f"{tool.title} is switched off.", Cause.TOOL)
    try:
        check_args(tool, proposal.args)
    except Invalid as error:
        return problem_of_refusal(error)
    lane = context.lane(proposal.step)
    verdict = gate.verdict_on(lane, tool, proposal.args, context=context.house)
    if verdict.outcome is not Outcome.PERMIT:
        return verdict.why
    why = obstacle(tool, proposal.args, context.tenant, context.secrets)
    return why or refused_as_done(context, tool, proposal.args)


def ways_after(context: Context, proposal: Proposal) -> tuple[str, ...]:
    """The ways out where an action was refused: asking again leads nowhere past a rule or rung."""
    lane = context.lane(proposal.step)
    if gate.is_forbidden(lane, proposal.tool, proposal.args, context.house):
        return ("skip", "close")
    return ("ask_again", "close")


def ask_from(
    context: Context, former: ReviewItem, actions: tuple[Action, ...], why: str = AGAIN
) -> Ask:
    """What to put up in the place of ``former``."""
    whom = replace(reviewers.whom(context, actions, None), why=why)
    attempt = sum(item.step == former.step for item in context.items) + 1
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
        attempt=attempt,
        actions=actions,
        shaped_by=shapers(context),
        **vars(whom),
    )
