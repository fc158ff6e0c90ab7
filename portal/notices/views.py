"""Views of a person's own notice preferences and devices."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.notices import preferences as own
from portal.notices.channels.push import public_key
from portal.notices.forms import NoticesForm
from portal.request import Request
from tenants.errors import Conflict, Forbidden, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show the person's notice preferences; POST saves them."""
    if request.actor.kind != "person":
        raise Forbidden("Notices are for the people of the business.")
    preference = own.preference_of(request.actor.person_id)
    form = NoticesForm.of(preference, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            with transaction.atomic():
                own.save_preference(**form.cleaned_data, actor=request.actor)
            messages.success(request, "Set.")
            return redirect("notices")
        except Invalid as error:
            form.add_error("address", error.message)
    context: dict[str, Any] = {
        "form": form,
        "preference": preference,
        "devices": own.devices(request.actor),
        "push_key": public_key(),
        "zone": request.tenant.timezone,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "notices/page.html", context, status=status)


@require_POST
def trial(request: Request) -> HttpResponse:
    """Send the person a trial notice."""
    own.try_it(actor=request.actor)
    messages.success(request, "One is on its way to you.")
    return redirect("notices")


@require_POST
def device_add(request: Request) -> HttpResponse:
    """Save a browser's push subscription, which its script sends."""
    given = {name: request.POST.get(name, "") for name in ("label", "endpoint", "p256dh", "auth")}
    try:
        with transaction.atomic():
            own.add_device(**given, actor=request.actor)
        messages.success(request, "This device is told of what is urgent.")
    except (Invalid, Conflict) as error:
        messages.error(request, error.message)
    return redirect("notices")


@require_POST
def device_remove(request: Request, pk: UUID) -> HttpResponse:
    """Delete one of the person's devices."""
    own.remove_device(pk, actor=request.actor)
    messages.success(request, "Removed.")
    return redirect("notices")
