"""Views that save a filter of the queue under a name, and remove one."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.request import Request, looks_for_nul
from portal.review.queue.params import KEPT, query
from portal.review.queue.saved_filters import remove_filter, save_filter
from tenants.errors import Conflict, Invalid


@looks_for_nul  # a refused value is a message above the list, which keeps its filters
@require_POST
def save(request: Request) -> HttpResponse:
    """Save the filters of the list under a name, and show the list again."""
    state = _state(request)
    try:
        with transaction.atomic():
            made = save_filter(name=request.POST.get("name", ""), state=state, actor=request.actor)
        messages.success(request, f"Saved: {made.name}")
    except (Invalid, Conflict) as error:
        messages.error(request, error.message)
    return redirect(reverse("review") + query(state))


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    """Remove a saved filter, and show the list again with its filters unchanged."""
    name = remove_filter(pk, actor=request.actor)
    messages.success(request, f"Removed: {name}")
    return redirect(reverse("review") + query(_state(request)))


def _state(request: Request) -> dict[str, str]:
    return {name: request.POST[name] for name in KEPT if request.POST.get(name)}
