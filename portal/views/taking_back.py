"""Taking a decision back, from the notice that says it was made or from the item's page."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.http import Request
from portal.queue_view import STATE, query
from tenants.errors import DomainError
from workflows.services.taking_back import take_back


@require_POST
def back(request: Request, item_id: UUID) -> HttpResponse:
    """Make it wait again, and open it; too late is said on its page."""
    try:
        with transaction.atomic():
            item = take_back(item_id, actor=request.actor)
        messages.success(request, f"Taken back, it waits again: {item.title}")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        messages.error(request, error.message)
    state = {name: request.POST[name] for name in STATE if request.POST.get(name)}
    return redirect(reverse("review_item", args=[item_id]) + query(state))
