"""Context of the people page: members, invitations, staff and keys."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from portal.notices.kinds.invitation import invitation_link
from portal.notices.models import Notice
from portal.paging import Page, page
from portal.people.forms import StaffForm
from tenants import access, clock, roster
from tenants.actors import Actor
from tenants.models import Assignment, Invitation, Membership
from tenants.roles import CLIENT_ROLES, STAFF_ROLES, Capability, Role
from workflows import selectors
from workflows.models import Workflow

# Words for the status of an invitation's newest mail; HANDED_OVER are the statuses in which
# the page shows the link, to be given to the person by hand.
MAIL_WORDS = {
    "none": "no mail was sent",
    "owed": "the mail is on its way",
    "sending": "the mail is on its way",
    "sent": "the mail was sent",
    "in_doubt": "nobody knows whether the mail went out",
    "failed": "the mail could not be sent",
}
HANDED_OVER = ("none", "in_doubt", "failed")
MOST_WORKFLOWS = 200  # in an approver's list of workflows; more than any client has


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Member with their role and, for approvers, the workflows in which they may decide."""

    membership: Membership
    role: Role
    granted: list[Workflow] = field(default_factory=list)
    others: list[Workflow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Invited:
    """Open invitation, and the status of its mail in words.

    ``link`` is set where the mail did not go out, to be given to the person by hand.
    """

    invitation: Invitation
    role: Role
    has_run_out: bool
    mail: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """Member of the provider's staff who is assigned to the client."""

    assignment: Assignment
    role: Role | None


def lists(params: QueryDict, actor: Actor) -> dict[str, Any]:
    """Return the page's lists, each paged on its own.

    ``keys_page`` is None where the actor may not manage keys.
    """
    members = page(roster.active_members(), params, by="id")
    invited = page(_with_mail(roster.invitations()), params, name="invited_", size=20)
    staff = page(roster.assigned_staff(), params, by="id", name="staff_", size=20)
    may_keys = access.may(actor, Capability.MANAGE_KEYS)
    return {
        "members_page": members,
        "people": _people(members),
        "invited_page": invited,
        "invited": [_invited(one, access.may_manage_people(actor)) for one in invited.rows],
        "staff_page": staff,
        "staff": [Staff(a, STAFF_ROLES.get(a.user.staff_role)) for a in staff.rows],
        "staff_form": _staff_form(actor),
        "keys_page": page(roster.keys(), params, name="keys_", size=20) if may_keys else None,
        "roles": list(CLIENT_ROLES.values()),
        "may_manage": access.may_manage_people(actor),
    }


def _staff_form(actor: Actor) -> StaffForm | None:
    """Return the form that assigns staff; None for people who may not."""
    return StaffForm() if access.may(actor, Capability.MANAGE_CLIENTS) else None


def grantable() -> QuerySet[Workflow]:
    """Return the workflows that can be granted, MOST_WORKFLOWS at most."""
    return selectors.workflows()[:MOST_WORKFLOWS]


def _people(members: Page[Membership]) -> list[PersonRow]:
    approvers = [m.user_id for m in members.rows if m.role == "approver"]
    granted = roster.grants_of(approvers) if approvers else {}
    workflows = list(grantable()) if approvers else []
    return [_person(m, workflows, granted.get(m.user_id, set())) for m in members.rows]


def _person(membership: Membership, workflows: list[Workflow], granted: set[Any]) -> PersonRow:
    role = CLIENT_ROLES[membership.role]
    if membership.role != "approver":
        return PersonRow(membership, role)
    return PersonRow(
        membership,
        role,
        granted=[w for w in workflows if w.pk in granted],
        others=[w for w in workflows if w.pk not in granted],
    )


def _with_mail(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Return the invitations, annotated with status and problem of the newest mail."""
    mails = Notice.objects.filter(kind="invitation", object_id=OuterRef("pk")).order_by("-id")
    return invitations.annotate(
        mail_status=Subquery(mails.values("status")[:1]),
        mail_problem=Subquery(mails.values("problem")[:1]),
    )


def _invited(invitation: Any, shows_link: bool) -> Invited:
    status, problem = invitation.mail_status or "none", (invitation.mail_problem or "").rstrip(".")
    if status == "owed" and problem:
        status = "failed"  # a try has failed, and another is due
    said = MAIL_WORDS[status] + (f": {problem}" if status == "failed" and problem else "")
    has_run_out = clock.now() >= invitation.expires_at
    is_handed = status in HANDED_OVER and shows_link and not has_run_out
    link = invitation_link(invitation) if is_handed else ""
    return Invited(invitation, CLIENT_ROLES[invitation.role], has_run_out, said, link)
