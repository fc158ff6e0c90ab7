"""Who is asked about an item, why they are, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from approvals.decisions.deadlines import deadline, next_action_at
from approvals.queries import DecidersAndTools, deciders_and_tools, people
from approvals.review.services import Action
from approvals.rules.policy_sentences import Names, needs
from approvals.rules.policy_terms import PolicyAction, fitting
from tenants import clock
from workflows.engine.state.context import Context


@dataclass(frozen=True)
class Reviewers:
    """What an item says of those it is put before; as in ``approvals.review.services.Ask``."""

    due_at: datetime
    why: str
    policy_id: UUID | None = None
    first_due_at: datetime | None = None


def whom(context: Context, actions: tuple[Action, ...], desk: DecidersAndTools | None) -> Reviewers:
    """By the client's policies, else by roles."""
    acts = [PolicyAction(one.tool.name, one.tool.kind or "", one.args) for one in actions]
    terms = fitting(context.standing.policies, context.workflow.pk, acts)
    opened, hours = clock.now(), context.definition.head.decide_within_hours
    if terms is None:
        why = _by_roles(context, desk or deciders_and_tools(context.workflow.pk))
        return Reviewers(opened + timedelta(hours=hours), why)
    week = context.standing.tenant.week
    due = deadline(terms, opened, hours, week)
    everyone = people().as_of(context.workflow.pk)
    names = {person.id: person.name for person in everyone}
    return Reviewers(
        due_at=due,
        why=f"By your policy it needs {needs(terms, Names(people=names))}.",
        policy_id=terms.id,
        first_due_at=next_action_at(terms, opened, due, opened, week),
    )


def _by_roles(context: Context, desk: DecidersAndTools) -> str:
    named = [user.get_short_name() for user in desk.deciders]
    if not named:
        return "Nobody may decide here yet: an owner must name an approver."
    listed = " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    return f"{context.workflow.title} needs {listed}. One approval is enough."
