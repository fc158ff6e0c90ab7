"""Views of an item's page other than the decision: comments, preview of edits, presence."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.queries import get_case
from approvals.review import comments
from approvals.review.presence import end_viewing, record_viewing
from approvals.review.selectors import get_full_item
from portal.request import Request
from portal.review.comment_form import CommentForm
from portal.review.forms import read_choice
from portal.review.item import edits
from portal.review.item.filled_form import filled_form
from portal.review.views import item_url, show_item
from portal.runs.foreign_pictures import picture_response
from tenants.errors import DomainError, NotFound
from workflows import selectors


@require_POST
def comment(request: Request, item_id: UUID) -> HttpResponse:
    """Save a comment that asks colleagues or answers them; a refusal shows the form as posted."""
    try:
        with transaction.atomic():
            # A refusal rolls back this savepoint, and the page is read after it.
            asks, words = CommentForm(request.POST).read()
            comments.comment(item_id, words, asks, actor=request.actor)
    except NotFound:
        raise
    except DomainError as error:
        return show_item(request, item_id, error)
    messages.success(request, "Asked" if asks else "Answered")
    return show_item(request, item_id) if request.htmx else redirect(item_url(request, item_id))


@require_POST
def difference(request: Request, item_id: UUID) -> HttpResponse:
    """Show the changes that a form being filled in would make. Nothing is stored."""
    found = get_full_item(item_id)
    proposals = [p for p in found.proposals.all() if p.status == "proposed"]
    try:
        chosen = read_choice(found, proposals, request.POST, locale=request.tenant.locale)
        context = {"typed": edits.typed_changes(found, proposals, chosen, request.tenant)}
    except DomainError as error:
        return render(request, "review/difference.html", {"edits_problem": error.message})
    return render(request, "review/typed.html", context)


@require_safe
def filled(request: Request, item_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Show the filled form of one action, which a worker may be about to fill."""
    found = get_full_item(item_id)
    proposal = next((p for p in found.proposals.all() if p.pk == proposal_id), None)
    if proposal is None:
        raise NotFound.of("action")
    preview = selectors.previews_of([proposal_id]).get(proposal_id)
    waiting = found.status == "waiting"
    case = get_case(item_id) if waiting and preview is None else None
    form = filled_form(proposal, preview, case, waiting=waiting)
    return render(request, "review/filled_form.html", {"item": found, "form": form})


@require_safe
def filled_picture(request: Request, item_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Show the picture of the filled form of one action."""
    found = selectors.get_preview(get_full_item(item_id), proposal_id)
    return picture_response(bytes(found.content))


@require_http_methods(["GET", "HEAD", "POST"])
def here(request: Request, item_id: UUID) -> HttpResponse:
    """Record that the item's page is open or closed, and show the other people viewing the item.

    A GET redirects to the item's page: after a sign-in the browser repeats this address by GET.
    """
    if request.method != "POST":
        return redirect(reverse("review_item", args=[item_id]))
    viewing = request.POST.get("viewing", "")
    if request.POST.get("gone"):
        end_viewing(item_id, viewing, actor=request.actor)
        return HttpResponse(status=204)
    present = record_viewing(item_id, request.POST.get("seen", ""), viewing, actor=request.actor)
    return render(request, "review/here.html", present._asdict())
