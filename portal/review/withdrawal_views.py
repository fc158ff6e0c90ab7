"""Views that withdraw decisions, from the notice after a decision or from an item's page."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.request import Request
from portal.review.forms import read_ids
from portal.review.queue.params import STATE, query
from tenants.errors import DomainError
from workflows.services.decision_withdrawal import withdraw_open_decision


@require_POST
def back(request: Request, item_id: UUID) -> HttpResponse:
    """Withdraw a decision so that its item waits again, and show the item.

    A withdrawal that comes too late shows a message.
    """
    try:
        with transaction.atomic():
            item = withdraw_open_decision(item_id, actor=request.actor)
        messages.success(request, f"Taken back, it waits again: {item.title}")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        messages.error(request, error.message)
    return redirect(reverse("review_item", args=[item_id]) + query(_state(request)))


@require_POST
def batch_back(request: Request) -> HttpResponse:
    """Withdraw the decisions of a batch; a message says where the time for that is over."""
    taken, refused = 0, ""
    for item_id in read_ids(request.POST):
        try:
            with transaction.atomic():
                withdraw_open_decision(item_id, actor=request.actor)
            taken += 1
        except DomainError as error:
            refused = error.message
    if taken:
        noun = "item waits" if taken == 1 else "items wait"
        messages.success(request, f"Taken back: {taken} {noun} again")
    if refused:
        messages.error(request, refused)
    return redirect(reverse("review") + query(_state(request)))


def _state(request: Request) -> dict[str, str]:
    return {name: request.POST[name] for name in STATE if request.POST.get(name)}
