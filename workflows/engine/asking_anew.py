"""Putting actions before a person again: what is left of an item, or something instead."""

from dataclasses import replace

from approvals.models import Proposal, ReviewItem
from approvals.services.review import Action, Ask
from approvals.sources import current_of
from workflows.engine import asked
from workflows.engine.context import Context
from workflows.engine.holds import title_of

AGAIN = "It was approved before but could not be done, so you are asked again."


def anew(proposal: Proposal) -> Action:
    """The same action, resting on the sources as they are now."""
    return Action(
        proposal.step,
        proposal.tool,
        proposal.args,
        current_of(proposal.sources),
        proposal.rung,
    )


def ask_from(
    context: Context, former: ReviewItem, actions: tuple[Action, ...], why: str = AGAIN
) -> Ask:
    """What to put up in the place of ``former``."""
    whom = replace(asked.whom(context, actions, None), why=why)
    attempt = sum(item.step == former.step for item in context.items) + 1
    return Ask(
        workflow_id=former.workflow_id,
        workflow_name=former.workflow_name,
        version=former.version,
        run_id=former.run_id,
        step=former.step,
        kind="proposal",
        title=title_of(actions) or former.title,
        asked_by=former.asked_by,
        draft=former.draft,
        evidence=former.evidence,
        attempt=attempt,
        actions=actions,
        **vars(whom),
    )
