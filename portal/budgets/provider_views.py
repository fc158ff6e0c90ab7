"""Views of the provider's budgets over all clients, for its staff."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.budgets import page as budgets_page
from portal.budgets.forms import BudgetChangeForm, BudgetForm
from portal.request import Request
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Forbidden, Invalid
from workflows.budgets import services
from workflows.models import ProviderBudget


@require_safe
@login_required
def page(request: Request) -> HttpResponse:
    """Show the budgets over all clients and of each assigned client. 404 for clients' people."""
    return _show(request)


def _show(request: Request, *, status: int = 200, **more: object) -> HttpResponse:
    _require_staff(request)
    context = budgets_page.provider_context(request.user) | more
    return render(request, "budgets/provider.html", context, status=status)


@require_POST
@login_required
def add(request: Request) -> HttpResponse:
    """Add a budget over all clients."""
    _require_admin(request)
    form = BudgetForm(request.POST, for_all=True)
    if form.is_valid():
        try:
            services.add_provider_budget(form.terms(), by=request.user)
        except (Conflict, Invalid) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The budget holds from now on.")
            return redirect("provider_budgets")
    return _show(request, form=form, status=400)


@require_POST
@login_required
def change(request: Request, pk: UUID) -> HttpResponse:
    """Change the amount of a budget over all clients, and what follows."""
    _require_admin(request)
    budget = get_or_not_found(ProviderBudget.objects.all(), "budget", pk=pk)
    form = BudgetChangeForm(request.POST, budget=budget, auto_id=f"id_{pk.hex}_%s")
    if not form.is_valid():
        context = {"form": form, "list": "provider_budgets"}
        return render(request, "budgets/change.html", context, status=400)
    services.change_provider_budget(pk, form.terms(), by=request.user)
    messages.success(request, "Changed. What waits for it goes on within five minutes.")
    return redirect("provider_budgets")


@require_POST
@login_required
def remove(request: Request, pk: UUID) -> HttpResponse:
    """Remove a budget over all clients."""
    _require_admin(request)
    services.remove_provider_budget(pk, by=request.user)
    messages.success(request, "Removed. The other budgets hold on.")
    return redirect("provider_budgets")


def _require_staff(request: Request) -> None:
    if not (request.user.is_staff and request.user.staff_role):
        raise Http404


def _require_admin(request: Request) -> None:
    """Raise Http404 for clients' people, Forbidden for other staff."""
    _require_staff(request)
    if request.user.staff_role != "admin":
        raise Forbidden("Only the provider's admins set budgets over all clients.")
