"""Views of approval quality: the page, the share of second looks, and planting."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.quality import consent
from approvals.quality import planting as plants
from approvals.quality import selectors as measuring
from approvals.quality.planting import PlantedMistake
from portal.quality import page as quality_page
from portal.quality.forms import MistakeForm, ShareForm
from portal.request import Request
from portal.review.forms import read_choice
from tenants.errors import DomainError, Forbidden, Invalid
from workflows.services.planting import plant_mistake as plant_copy


@require_safe
def page(request: Request) -> HttpResponse:
    """Show each person's quality: time against length, second looks and planted mistakes."""
    measuring.require_quality_reader(request.actor)
    context = {"quality": measuring.quality(request.actor), "days": measuring.DAYS}
    return render(request, "quality/page.html", context)


@require_POST
def share(request: Request) -> HttpResponse:
    """Save the percentage of accepted items that get a second look."""
    form = ShareForm(request.POST)
    consent.require_owner(request.actor)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]), code="bad_number")
    percent = form.cleaned_data["percent"]
    consent.set_second_looks(percent, actor=request.actor)
    said = f"{percent} of 100 accepted items get a second look." if percent else "No second looks."
    messages.success(request, said)
    return redirect("policies")


@require_POST
def planting(request: Request) -> HttpResponse:
    """Save the owner's consent to planted mistakes, or withdraw it."""
    if request.POST.get("choice") == "agree":
        consent.agree_to_planting(actor=request.actor)
        messages.success(request, "Noted. You can withdraw this whenever you like.")
    else:
        consent.withdraw_planting(actor=request.actor)
        messages.success(request, "Withdrawn. Nothing is planted any more.")
    return redirect("policies")


@require_http_methods(["GET", "HEAD", "POST"])
def plant(request: Request, item_id: UUID) -> HttpResponse:
    """Show the form of a copy with a mistake; POST plants the copy."""
    plants.require_planter(request.actor)
    case = quality_page.get_original(item_id)
    copy = quality_page.copy_of(case, request.tenant)
    posted = request.POST if request.method == "POST" else None
    form = MistakeForm(posted)
    error: DomainError | None = None
    if posted is not None and form.is_valid():
        try:
            with transaction.atomic():
                chosen = read_choice(copy.item, copy.acts, posted, locale=request.tenant.locale)
                mistake = PlantedMistake(form.cleaned_data["mistake"], chosen.draft, chosen.args)
                plant_copy(item_id, mistake, actor=request.actor)
            messages.success(request, "Planted. It waits in the queue like any other item.")
            return redirect("quality")
        except Forbidden:
            raise
        except DomainError as problem:
            error = problem
    context = copy.context(posted, request.tenant.locale) | {"form": form, "error": error}
    status = error.status if error else 400 if posted is not None else 200
    return render(request, "quality/plant.html", context, status=status)
