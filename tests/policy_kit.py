"""A client's policies in tests: set one, and see who is asked."""

from typing import Any

from approvals.models import Policy, ReviewItem
from approvals.policies.services import add_policy
from approvals.review.selectors import queue_view
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from tenants.actors import Actor
from tenants.ids import uuid7
from tenants.models import Membership, User
from tenants.services.people import add_member
from tests.lanes import Lane

OWNERS = Group(roles=("owner",))


def names(lane: Lane) -> Names:
    people = {one.user_id: str(one.user) for one in Membership.objects.select_related("user")}
    return Names(people=people, workflows={lane.workflow.pk: lane.workflow.title})


def terms(*groups: Group, **more: Any) -> PolicyTerms:
    return PolicyTerms(uuid7(), 1, groups or (OWNERS,), **({"currency": "USD"} | more))


def policy(lane: Lane, *groups: Group, **more: Any) -> Policy:
    """Set a policy as the owner, and let what waits follow."""
    made = add_policy(terms(*groups, **more), names(lane), actor=lane.client.actor())
    outbox.drain()
    return made


def dana(lane: Lane) -> Actor:
    """An approver who was given the workflow."""
    return lane.client.actor(lane.client.approver)


def second_owner(lane: Lane, email: str = "sam@harbor-pine.example") -> Actor:
    user = User.objects.create_user(email, "correct horse battery staple", name="Sam")
    add_member(lane.client.tenant, user, role="owner")
    return lane.client.actor(user)


def waits_for(actor: Actor) -> list[ReviewItem]:
    return list(queue_view(actor).items.decidable())


def both(lane: Lane) -> Group:
    return Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2)
