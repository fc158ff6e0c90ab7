"""Views of the record and of its seals."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from approvals.quality.planting import unanswered_planted
from audit import selectors
from audit.services.seals import first_broken
from portal.paging import page as page_of
from portal.record import lines
from portal.record.sentences import FAMILIES
from portal.request import Request
from tenants.errors import NotFound


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the tenant's events, newest first, filtered by family, actor and object.

    Only staff see the events of a planted mistake while it is unanswered.
    """
    family = request.GET.get("family", "")
    filters = {"actor_id": _id(request, "actor"), "object_id": _id(request, "object")}
    found = selectors.events_like(family=family if family in FAMILIES else "", **filters)
    found = found.exclude(object_id__in=unanswered_planted(request.actor).values("pk"))
    page = page_of(found, request.GET)
    context = {
        "page": page,
        "lines": lines.record_lines(page.rows),
        "family": family,
        "families": FAMILIES,
        "actor_name": page.rows[0].actor_label if filters["actor_id"] and page.rows else "",
        "object_name": page.rows[0].object_label if filters["object_id"] and page.rows else "",
        "is_narrowed": any((family, *filters.values())),
        "last_seal": selectors.last_seal(),
    }
    return render(request, "record/list.html", context)


def _id(request: Request, name: str) -> UUID | None:
    asked = request.GET.get(name, "")
    if not asked:
        return None
    try:
        return UUID(asked)
    except ValueError as error:
        raise NotFound("There is nothing like that in the record.") from error


@require_safe
def seals(request: Request) -> HttpResponse:
    """Show the seals with their fingerprints."""
    return _seals(request)


@require_POST
def check_seals(request: Request) -> HttpResponse:
    """Show the seals after comparing the whole record with them."""
    broken = first_broken()
    says = f"Seal {broken} no longer matches its lines. Tell your provider, and keep your reports."
    return _seals(request, is_checked=True, broken=broken, broken_says=says)


def _seals(request: Request, **more: object) -> HttpResponse:
    page = page_of(selectors.seals(), request.GET, by="-number", size=20)
    return render(request, "record/seals.html", {"page": page, **more})
