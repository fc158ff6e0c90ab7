"""Views of a client's budgets."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.budgets import page as budgets_page
from portal.budgets.forms import BudgetChangeForm, UnpricedForm
from portal.request import Request
from tenants import access
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from workflows.budgets import services
from workflows.models import Budget


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the budgets, what each has left, and a form for a new one."""
    return _show(request)


def _show(request: Request, *, status: int = 200, **more: object) -> HttpResponse:
    context = budgets_page.client_context(request.tenant, request.actor) | more
    return render(request, "budgets/page.html", context, status=status)


@require_POST
def add(request: Request) -> HttpResponse:
    """Add a budget of the client or of one workflow."""
    access.require(request.actor, Capability.SET_BUDGETS)
    form = budgets_page.client_form(request.POST)
    if form.is_valid():
        try:
            services.add_budget(form.terms(), actor=request.actor, workflow=form.workflow())
        except (Conflict, Invalid) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The budget holds from now on.")
            return redirect("budgets")
    return _show(request, form=form, status=400)


@require_POST
def change(request: Request, pk: UUID) -> HttpResponse:
    """Change a budget's amount and what follows."""
    access.require(request.actor, Capability.SET_BUDGETS)
    budget = get_or_not_found(Budget.objects.all(), "budget", pk=pk)
    form = BudgetChangeForm(request.POST, budget=budget, auto_id=f"id_{pk.hex}_%s")
    if not form.is_valid():
        context = {"form": form, "list": "budgets"}
        return render(request, "budgets/change.html", context, status=400)
    services.change_budget(pk, form.terms(), actor=request.actor)
    messages.success(request, "Changed. What waits for it goes on within five minutes.")
    return redirect("budgets")


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    """Remove a budget."""
    services.remove_budget(pk, actor=request.actor)
    messages.success(request, "Removed. The other budgets hold on.")
    return redirect("budgets")


@require_POST
def unpriced(request: Request) -> HttpResponse:
    """Set what a call at an unknown price counts for."""
    access.require(request.actor, Capability.SET_BUDGETS)
    form = UnpricedForm(request.POST, auto_id="id_unpriced_%s")
    if not form.is_valid():
        return _show(request, unpriced_form=form, status=400)
    services.set_unpriced(request.tenant, form.micros(), actor=request.actor)
    messages.success(request, "Set.")
    return redirect("budgets")
