"""View of the routing table: which model is asked for what, for the provider's staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.request import Request
from portal.routing.forms import TableForm
from portal.routing.page import routing_page
from tenants.errors import DomainError
from tenants.scope import person_scope
from workflows.routing.selectors import past_calls
from workflows.routing.services import store_table
from workflows.routing.table import RoutingTable
from workflows.routing.trial import Trial, try_table


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: Request) -> HttpResponse:
    """Show the table; try a changed one on past calls, or let it hold. 404 for clients' people."""
    if not (request.user.is_staff and request.user.staff_role):
        raise Http404
    may_change = request.user.staff_role == "admin"
    found = routing_page()
    form, trial = TableForm(initial={"text": found.text, "after": found.number}), None
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied("Only the provider's admins change which models are asked.")
        form = TableForm(request.POST)
        if form.is_valid():
            trial = _trial(request, form.table)
            if request.POST.get("hold") and _store(request, form):
                return redirect("routing")
    context = {"page": found, "form": form, "trial": trial, "may_change": may_change}
    return render(request, "routing/page.html", context, status=400 if form.errors else 200)


def _store(request: Request, form: TableForm) -> bool:
    given = {"after": form.cleaned_data["after"], "note": form.cleaned_data["note"]}
    try:
        made = store_table(form.value, by=request.user, **given)
    except DomainError as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, f"Version {made.number} of the table holds from now on.")
    return True


def _trial(request: Request, table: RoutingTable) -> Trial:
    with person_scope(request.user.pk):
        return try_table(table, past_calls())
