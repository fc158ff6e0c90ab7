"""Views of policies, working hours, the take-back time and absences."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.models import Policy
from approvals.policies import absences
from approvals.policies import services as policies
from approvals.rules.policy_sentences import sentence
from portal.policies import page as policies_page
from portal.policies.forms import AwayForm, HoursForm, TakeBackForm
from portal.request import Request
from tenants import access
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, DomainError, Invalid
from tenants.roles import Capability
from tenants.services.tenants import set_take_back, set_working_hours


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the policies in words, with a form for a new one."""
    return _show(request)


def _show(request: Request, *, status: int = 200, **more: object) -> HttpResponse:
    found = policies_page.policy_names(request.tenant)
    context = policies_page.context(found, request.actor) | more
    return render(request, "policies/page.html", context, status=status)


@require_POST
def add(request: Request) -> HttpResponse:
    """Add a policy at the end of the list."""
    access.require(request.actor, Capability.SET_POLICIES)
    found = policies_page.policy_names(request.tenant)
    form = found.form(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                policies.add_policy(form.terms(), found.names, actor=request.actor)
            messages.success(request, "The policy counts from now on.")
            return redirect("policies")
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    return _show(request, form=form, status=400)


@require_POST
def preview(request: Request) -> HttpResponse:
    """Show the policy of an unfinished form in words, or its first problem. Writes nothing."""
    access.require(request.actor, Capability.SET_POLICIES)
    found = policies_page.policy_names(request.tenant)
    form = found.form(request.POST)
    said = problem = unreadable = ""
    if form.is_valid():
        terms = form.terms()
        said = sentence(terms, found.names)
        unreadable = policies_page.unreadable(found, terms)
        try:
            policies.check(terms, found.names)
        except Invalid as error:
            problem = error.message
    else:
        problem = str(next(iter(form.errors.values()))[0])
    shown = {"said": said, "problem": problem, "unreadable": unreadable}
    return render(request, "policies/preview.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: UUID) -> HttpResponse:
    """Show the form of a policy; POST saves the change."""
    access.require(request.actor, Capability.SET_POLICIES)
    policy = get_or_not_found(Policy.objects.all(), "policy", pk=pk)
    found = policies_page.policy_names(request.tenant)
    form = found.form(request.POST if request.method == "POST" else None, policy)
    if form.is_valid():
        try:
            with transaction.atomic():
                policies.change_policy(pk, form.terms(), found.names, actor=request.actor)
            messages.success(request, "Changed. What waits is asked of those it names now.")
            return redirect("policies")
        except Invalid as error:
            form.add_error(None, error.message)
    context = {"form": form, "policy": policy, "now": sentence(policy.terms(), found.names)}
    status = 400 if request.method == "POST" else 200
    return render(request, "policies/edit.html", context, status=status)


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    """Remove a policy."""
    names = policies_page.policy_names(request.tenant).names
    policies.remove_policy(pk, names, actor=request.actor)
    messages.success(request, "Removed. The next one that fits decides, or else roles.")
    return redirect("policies")


@require_POST
def move_up(request: Request, pk: UUID) -> HttpResponse:
    """Move a policy up by one: the first one that fits decides."""
    names = policies_page.policy_names(request.tenant).names
    policies.move_up(pk, names, actor=request.actor)
    return redirect("policies")


@require_POST
def working_hours(request: Request) -> HttpResponse:
    """Save the tenant's working hours."""
    access.require(request.actor, Capability.SET_POLICIES)
    form = HoursForm(request.POST)
    if form.is_valid():
        try:
            set_working_hours(request.tenant, form.stored(), actor=request.actor)
            messages.success(request, "Working hours are set. What is new counts in them.")
            return redirect("policies")
        except Invalid as error:
            form.add_error(None, error.message)
    return _show(request, hours_form=form, status=400)


@require_POST
def take_back(request: Request) -> HttpResponse:
    """Save how long a decision can be taken back."""
    form = TakeBackForm(request.POST)
    access.require(request.actor, Capability.SET_POLICIES)
    if form.is_valid():
        set_take_back(request.tenant, form.cleaned_data["seconds"], actor=request.actor)
        messages.success(request, "Set. It counts for what is decided from now on.")
        return redirect("policies")
    return _show(request, take_back_form=form, status=400)


@require_POST
def away(request: Request) -> HttpResponse:
    """Save an absence: of any person for those who may set policies, else of the actor alone."""
    may = access.may(request.actor, Capability.SET_POLICIES)
    everyone = [one for one, _ in policies_page.policy_names(request.tenant).people.everyone]
    form = AwayForm(request.POST, people=everyone, only=None if may else request.actor.id)
    if form.is_valid():
        given = form.cleaned_data
        stand_in = UUID(given["stand_in"]) if given["stand_in"] else None
        person, days = UUID(given["person"]), (given["first"], given["last"])
        try:
            with transaction.atomic():
                absences.set_away(person, *days, stand_in, actor=request.actor)
            messages.success(request, "Noted.")
            return redirect("policies")
        except DomainError as error:
            form.add_error(None, error.message)
    return _show(request, away_form=form, status=400)


@require_POST
def back(request: Request, pk: UUID) -> HttpResponse:
    """End an absence."""
    absences.end_away(pk, actor=request.actor)
    messages.success(request, "Noted. They decide themselves again.")
    return redirect("policies")
