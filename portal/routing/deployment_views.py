"""Views of the routing table's deployments: add one, change it, try it, remove it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.error_pages import error_page
from portal.request import Request
from portal.routing.deployment_forms import DeploymentForm
from portal.routing.deployment_page import (
    ListedHint,
    current_table,
    deployment_page,
    listed_hint,
    try_view,
)
from tenants.errors import DomainError
from workflows.models import RoutingVersion
from workflows.routing.deployments import remove_deployment, store_deployment
from workflows.routing.table import RoutingTable
from workflows.routing.tries.services import request_try


def _check_staff(request: Request, *, admin: bool = False) -> None:
    """Raise Http404 for clients' people, PermissionDenied where an admin is needed."""
    if not (request.user.is_staff and request.user.staff_role):
        raise Http404
    if admin and request.user.staff_role != "admin":
        raise PermissionDenied("Only the provider's admins change and try which models are asked.")


def _address(name: str) -> str:
    return f"{reverse('deployment')}?{urlencode({'name': name})}"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: Request) -> HttpResponse:
    """Show the form of a new deployment; POST looks its name up in the price list, or stores it."""
    _check_staff(request, admin=True)
    table = current_table()
    initial = {"after": table.number if table else 0}
    form = DeploymentForm(request.POST or None, table=table, initial=initial)
    if "look" in request.POST:
        return _look_up(request, table, initial)
    if form.is_valid() and (made := _store(request, form)):
        name = form.deployment.name
        messages.success(request, f"Version {made.number} of the table has {name}. Try it now.")
        return redirect(_address(name))
    context = {"form": form, "hint": _hint(form) if form.is_bound else None}
    status = 400 if request.method == "POST" else 200
    return render(request, "routing/add.html", context, status=status)


def _look_up(request: Request, table: RoutingTable | None, initial: dict[str, Any]) -> HttpResponse:
    """Show the form as it was filled, with what the price list has of its name."""
    form = DeploymentForm(request.POST, table=table, initial=initial)
    hint = _hint(form)
    if hint is not None:
        # Without the errors of what is not filled in yet.
        given: dict[str, Any] = {
            name: request.POST.get(name, "") for name in form.fields if name != "rows"
        }
        given |= {"rows": request.POST.getlist("rows"), "is_on": "is_on" in request.POST}
        form = DeploymentForm(table=table, initial=given)
    context = {"form": form, "hint": hint}
    return render(request, "routing/add.html", context, status=200 if hint else 400)


def _hint(form: DeploymentForm) -> ListedHint | None:
    """Return what the price list has of the form's name; None where the name is wrong."""
    form.is_valid()
    name = form.cleaned_data.get("name")
    return listed_hint(name) if name else None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def deployment(request: Request) -> HttpResponse:
    """Show the deployment of the parameter ``name`` and its last try; POST changes it."""
    _check_staff(request, admin=request.method == "POST")
    name = request.GET.get("name", "")
    table = current_table()
    if table is None or name not in table.deployments:
        raise Http404
    form = DeploymentForm.of(table, name, request.POST or None)
    if form.is_valid() and (made := _store(request, form)):
        messages.success(request, f"Version {made.number} of the table holds from now on.")
        return redirect(_address(name))
    return _page(request, table, name, form, status=400 if request.method == "POST" else 200)


def _page(
    request: Request,
    table: RoutingTable,
    name: str,
    form: DeploymentForm,
    *,
    status: int = 200,
    refusal: str = "",
) -> HttpResponse:
    context = {
        "refusal": refusal,
        "page": deployment_page(table, name),
        "form": form,
        "tried": try_view(name),
        "may_change": request.user.staff_role == "admin",
    }
    return render(request, "routing/deployment.html", context, status=status)


def _store(request: Request, form: DeploymentForm) -> RoutingVersion | None:
    """Store the form's deployment; None, and an error on the form, where it can't be."""
    try:
        return store_deployment(
            form.deployment,
            by=request.user,
            after=form.cleaned_data["after"],
            rows=form.rows_chosen(),
            note=form.cleaned_data["note"],
        )
    except DomainError as error:
        form.add_error(None, error.message.splitlines())
        return None


@require_POST
@login_required
def remove(request: Request) -> HttpResponse:
    """Remove the deployment ``name`` from the table of version ``after``."""
    _check_staff(request, admin=True)
    name, given = request.POST.get("name", ""), request.POST.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    try:
        made = remove_deployment(name, by=request.user, after=after)
    except DomainError as error:
        return _refused(request, name, error)
    messages.success(request, f"Version {made.number} of the table is without {name}.")
    return redirect("routing")


@require_POST
@login_required
def try_deployment(request: Request) -> HttpResponse:
    """Have a worker put one short question to the deployment ``name``."""
    _check_staff(request, admin=True)
    name = request.POST.get("name", "")
    try:
        request_try(name, by=request.user)
    except DomainError as error:
        return _refused(request, name, error)
    return redirect(f"{_address(name)}#try")


def _refused(request: Request, name: str, error: DomainError) -> HttpResponse:
    """Show why something was refused, on the deployment's page if there is one."""
    table = current_table()
    if table is None or name not in table.deployments:
        return error_page(request, error)
    form = DeploymentForm.of(table, name)
    return _page(request, table, name, form, status=error.status, refusal=error.message)


@require_safe
@login_required
def tried(request: Request) -> HttpResponse:
    """Show the last try of the deployment ``name``; 204 where its state is still ``seen``.

    The part of its page that asks for itself. Without a change nothing is read out again.
    """
    _check_staff(request)
    name, table = request.GET.get("name", ""), current_table()
    if table is None or name not in table.deployments:
        raise Http404
    found = try_view(name)
    if found is not None and found.state == request.GET.get("seen"):
        return HttpResponse(status=204)
    may_change = request.user.staff_role == "admin"
    context = {"page": deployment_page(table, name), "tried": found, "may_change": may_change}
    return render(request, "routing/tried.html", context)
