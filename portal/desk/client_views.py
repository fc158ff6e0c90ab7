"""View that onboards a client, outside any tenant, for provider admins."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal import notices
from portal.desk.forms import NewClient
from portal.request import Request
from tenants import access
from tenants.actors import Actor
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.onboarding import onboard


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: Request) -> HttpResponse:
    """Show the form of a new client, or onboard the client and go to its admin.

    404 for everyone but provider admins.
    """
    actor = access.provider_admin(request.user)
    if actor is None:
        raise Http404
    form = NewClient(request.POST or None, initial={"staff": [request.user.pk]})
    if request.method == "POST" and form.is_valid():
        try:
            tenant = _onboard(form, actor)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"{tenant.name} is on board. Its owner's mail is on its way.")
            return redirect(f"/t/{tenant.slug}/admin/")
    status = 400 if form.is_bound else 200
    return render(request, "clients/new.html", {"form": form}, status=status)


def _onboard(form: NewClient, actor: Actor) -> Tenant:
    with transaction.atomic():
        tenant, invitation = onboard(**form.cleaned_data, actor=actor)
        with tenant_scope(tenant.pk):
            notices.send_invitation(invitation)
    return tenant
