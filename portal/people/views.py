"""Views of members, invitations and grants. API keys are in ``key_views``."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal import notices
from portal.people import page as people_page
from portal.people.forms import GrantForm, InviteForm, KeyForm, RoleForm
from portal.request import Request
from tenants import access, roster
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.services import people
from workflows.models import Workflow


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the members with their roles, open invitations and assigned staff."""
    return show(request)


def show(request: Request, *, status: int = 200, **more: object) -> HttpResponse:
    """Return the people page, with a form that has errors or a key that was just made."""
    context = {
        "invite_form": InviteForm(),
        "key_form": KeyForm(),
        **people_page.lists(request.GET, request.actor),
        **more,
    }
    return render(request, "people/page.html", context, status=status)


@require_POST
def invite(request: Request) -> HttpResponse:
    """Invite a person by mail."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                invitation = people.invite(**form.cleaned_data, actor=request.actor)
                notices.send_invitation(invitation)
            messages.success(request, f"{invitation.email} is invited. The mail is on its way.")
            return redirect("people")
        except (Invalid, Conflict) as error:
            form.add_error("email", error.message)
    return show(request, invite_form=form, status=400)


@require_POST
def invite_again(request: Request, pk: UUID) -> HttpResponse:
    """Send an open invitation's mail once more."""
    access.require_manage_people(request.actor)
    found = get_or_not_found(roster.invitations(), "open invitation", pk=pk)
    notices.send_invitation(found, again=True)
    messages.success(request, f"The mail to {found.email} is sent again.")
    return redirect("people")


@require_POST
def withdraw(request: Request, pk: UUID) -> HttpResponse:
    """Withdraw an open invitation; its link stops working."""
    people.withdraw_invitation(pk, actor=request.actor)
    messages.success(request, "The invitation is withdrawn.")
    return redirect("people")


@require_POST
def change_role(request: Request, pk: UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose owner, approver or viewer.", code="bad_role")
    people.change_role(pk, role=form.cleaned_data["role"], actor=request.actor)
    messages.success(request, "The role is changed. It counts from now on.")
    return redirect("people")


@require_POST
def let_go(request: Request, pk: UUID) -> HttpResponse:
    """End a membership. History keeps the name."""
    people.end_membership(pk, actor=request.actor)
    messages.success(request, "The membership has ended.")
    return redirect("people")


@require_POST
def grant(request: Request, pk: UUID) -> HttpResponse:
    """Grant an approver the right to decide in a workflow."""
    member = roster.get_member(pk)
    workflow = _workflow(request)
    access.grant(workflow, member.user, actor=request.actor)
    messages.success(request, f"{member.user} decides in {workflow.title} now.")
    return redirect("people")


@require_POST
def take_back(request: Request, pk: UUID) -> HttpResponse:
    """Revoke an approver's grant to decide in a workflow."""
    member = roster.get_member(pk)
    workflow = _workflow(request)
    access.revoke(workflow, member.user, actor=request.actor)
    messages.success(request, f"{member.user} no longer decides in {workflow.title}.")
    return redirect("people")


def _workflow(request: Request) -> Workflow:
    form = GrantForm(request.POST, workflows=people_page.grantable())
    if not form.is_valid():
        raise Invalid("Choose one of the workflows.", code="bad_workflow")
    return form.chosen()
