"""Reviewers of an item: by which policy or role, with which reason, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from approvals.decisions.deadlines import deadline, next_action_at
from approvals.queries import DecidersAndTools, deciders_and_tools, people
from approvals.review.services import Action
from approvals.rules.policy_sentences import Names, needs
from approvals.rules.policy_terms import PolicyAction, fitting
from tenants import clock
from tenants.text.sentences import joined_by_or
from workflows.engine.state.context import Context


@dataclass(frozen=True)
class Reviewers:
    """Due time, reason and policy of an item's review, as ``approvals.review.services.Ask`` has."""

    due_at: datetime
    why: str
    policy_id: UUID | None = None
    first_due_at: datetime | None = None


def reviewers_of(
    context: Context, actions: tuple[Action, ...], lookup: DecidersAndTools | None
) -> Reviewers:
    """Return an item's reviewers by the client's policies, or by roles where no policy fits."""
    acts = [PolicyAction(one.tool.name, one.tool.kind or "", one.args) for one in actions]
    terms = fitting(context.tenant_rules.policies, context.workflow.pk, acts)
    opened, hours = clock.now(), context.definition.head.decide_within_hours
    if terms is None:
        why = _role_sentence(context, lookup or deciders_and_tools(context.workflow.pk))
        return Reviewers(opened + timedelta(hours=hours), why)
    week = context.tenant_rules.tenant.week
    due = deadline(terms, opened, hours, week)
    everyone = people().as_of(context.workflow.pk)
    names = {person.id: person.name for person in everyone}
    return Reviewers(
        due_at=due,
        why=f"By your policy it needs {needs(terms, Names(people=names))}.",
        policy_id=terms.id,
        first_due_at=next_action_at(terms, opened, due, opened, week),
    )


def _role_sentence(context: Context, lookup: DecidersAndTools) -> str:
    named = [user.get_short_name() for user in lookup.deciders]
    if not named:
        return "Nobody may decide here yet: an owner must name an approver."
    return f"{context.workflow.title} needs {joined_by_or(named)}. One approval is enough."
