"""Views of second looks: a person judges an accepted item without seeing its decision."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals.models import SecondLook
from approvals.quality import second_looks
from approvals.review import selectors
from portal.quality.page import look_context
from portal.request import Request
from portal.review.forms import read_seconds
from tenants.db.lookup import get_or_not_found
from tenants.errors import DomainError

SHOWN = 50


@never_cache
@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the second looks that wait for the actor, SHOWN at most."""
    found = second_looks.open_looks_of(request.actor).select_related("item")
    found = found.only("due_at", "item__title", "item__workflow_name")[:SHOWN]
    return render(request, "quality/looks.html", {"looks": found})


@never_cache
@require_safe
def look(request: Request, look_id: UUID) -> HttpResponse:
    """Show the item of a second look as first submitted, with its decision once answered."""
    return _show(request, _found(look_id))


@require_POST
def answer(request: Request, look_id: UUID) -> HttpResponse:
    """Save the actor's answer: the decision they would have made."""
    given = request.POST
    try:
        second_looks.answer_second_look(
            look_id,
            given.get("choice", ""),
            reason=given.get("reason", ""),
            words=given.get("words", "").strip()[:2000],
            seconds=read_seconds(given.get("opened", "")),
            actor=request.actor,
        )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _show(request, _found(look_id), status=error.status, error=error, typed=given)
    return redirect("look", look_id)


def _found(look_id: UUID) -> SecondLook:
    return get_or_not_found(SecondLook.objects.select_related("by"), "second look", pk=look_id)


def _show(request: Request, found: SecondLook, *, status: int = 200, **more: Any) -> HttpResponse:
    second_looks.require_second_reader(found, request.actor)
    item = selectors.items_in_full().get(pk=found.item_id)
    vars(request)["family"] = "looks"
    context = look_context(found, item, request.tenant) | more
    return render(request, "quality/look.html", context, status=status)
