"""Views that assign the provider's staff to a client, for provider admins."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.people.forms import StaffForm
from portal.request import Request
from tenants import access
from tenants.errors import Invalid
from tenants.roles import Capability
from tenants.services.staff import assign_staff, unassign_staff


@require_POST
def assign(request: Request) -> HttpResponse:
    """Assign a member of staff to the client."""
    access.require(request.actor, Capability.MANAGE_CLIENTS)
    form = StaffForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose one of the staff who is not assigned yet.", code="not_staff")
    user = assign_staff(form.cleaned_data["user"], actor=request.actor).user
    messages.success(request, f"{user} looks after this client now.")
    return redirect("people")


@require_POST
def unassign(request: Request, pk: UUID) -> HttpResponse:
    """End an assignment; who ends their own goes back to the desk."""
    user = unassign_staff(pk, actor=request.actor)
    messages.success(request, f"{user} no longer looks after this client.")
    return redirect("/desk/" if user.pk == request.user.pk else "people")
