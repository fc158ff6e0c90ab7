"""What the people page shows, put together from the selectors."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from portal.paging import Page, page
from tenants import access, clock, roster
from tenants.actors import Actor
from tenants.models import Assignment, Invitation, Membership
from tenants.roles import CLIENT_ROLES, STAFF_ROLES, Capability, Role
from workflows import selectors
from workflows.models import Workflow

MOST_WORKFLOWS = 200  # an approver's list of workflows; more than any client has


@dataclass(frozen=True, slots=True)
class Person:
    """A member with what their role means and, for approvers, where they decide."""

    membership: Membership
    role: Role
    granted: list[Workflow] = field(default_factory=list)
    others: list[Workflow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation nobody has accepted yet."""

    invitation: Invitation
    role: Role
    has_run_out: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the provider who looks after the client."""

    assignment: Assignment
    role: Role | None


def lists(params: QueryDict, actor: Actor) -> dict[str, Any]:
    """The page's lists, each paged by itself. Keys are read only for those who may see them."""
    members = page(roster.members(), params, by="id")
    invited = page(roster.invitations(), params, name="invited_", size=20)
    staff = page(roster.staff(), params, by="id", name="staff_", size=20)
    may_keys = access.may(actor, Capability.MANAGE_KEYS)
    return {
        "members_page": members,
        "people": _people(members),
        "invited_page": invited,
        "invited": [_invited(invitation) for invitation in invited.rows],
        "staff_page": staff,
        "staff": [Staff(a, STAFF_ROLES.get(a.user.staff_role)) for a in staff.rows],
        "keys_page": page(roster.keys(), params, name="keys_", size=20) if may_keys else None,
        "roles": list(CLIENT_ROLES.values()),
        "may_manage": access.may_people(actor),
    }


def grantable() -> QuerySet[Workflow]:
    """The workflows somebody may be let to decide in."""
    return selectors.workflows()[:MOST_WORKFLOWS]


def _people(members: Page[Membership]) -> list[Person]:
    approvers = [m.user_id for m in members.rows if m.role == "approver"]
    granted = roster.granted(approvers) if approvers else {}
    workflows = list(grantable()) if approvers else []
    return [_person(m, workflows, granted.get(m.user_id, set())) for m in members.rows]


def _person(membership: Membership, workflows: list[Workflow], granted: set[Any]) -> Person:
    role = CLIENT_ROLES[membership.role]
    if membership.role != "approver":
        return Person(membership, role)
    return Person(
        membership,
        role,
        granted=[w for w in workflows if w.pk in granted],
        others=[w for w in workflows if w.pk not in granted],
    )


def _invited(invitation: Invitation) -> Invited:
    return Invited(invitation, CLIENT_ROLES[invitation.role], clock.now() >= invitation.expires_at)
