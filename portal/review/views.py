"""Views of the review queue, the exceptions and the item page. Only a POST decides."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals.decisions import services as decisions
from approvals.decisions.batches import decide_all
from approvals.decisions.undo import ask_undo
from approvals.decisions.withdrawal import may_take_back
from approvals.models import Decision, DecisionChoice, ItemRevision, Planted, ReviewItem, SignOff
from approvals.review.selectors import get_full_item
from approvals.review.snooze import snooze, unsnooze
from approvals.rules.reasons import REASONS
from portal.quality.page import tell_planted
from portal.request import Request
from portal.review.forms import read_choice, read_picks, read_until
from portal.review.item.conflict import conflict_in_words
from portal.review.item.page import item_page
from portal.review.queue.listing import QueuePart
from portal.review.queue.page import PersonalQueue
from portal.review.queue.params import ASKED, DECIDED, STATE, query
from portal.templatetags.words import moment
from tenants.errors import DomainError
from tenants.roles import Capability
from workflows.services import exceptions as exceptions_
from workflows.triggers import selectors as triggers

# Errors of an edit while the item itself is unchanged: the form is shown again.
EDIT_AGAIN = {"not_permitted", "not_possible", "done_before"}

# Results of an approval or an edit while the policy needs further people.
ASKS_OTHERS: dict[type, str] = {
    SignOff: "Approved by you, and it needs somebody else too",
    ItemRevision: "Your version waits for somebody else to approve it",
}


@never_cache
@require_safe
def queue(request: Request) -> HttpResponse:
    """Show the queue; the first item is beside it on a wide screen."""
    return _first(request, request.GET.get("kind", "all"))


@never_cache
@require_safe
def exceptions(request: Request) -> HttpResponse:
    """Show the exceptions that wait for a person."""
    return _first(request, "exceptions")


def _first(request: Request, tab: str) -> HttpResponse:
    page = _page(request, tab)
    return _show(request, tab, page, page.first, is_open=False)


@never_cache
@require_safe
def item(request: Request, item_id: UUID) -> HttpResponse:
    """Show one item beside its queue. With ``?edit=1`` its text and arguments are fields."""
    found = get_full_item(item_id)
    tab, editing = _tab(request, found), "edit" in request.GET
    # An item that somebody decided meanwhile has left the list that it is opened from.
    has_left = found.status != "waiting" and tab not in (ASKED, DECIDED)
    if _is_part(request) and not has_left:
        return _open(request, tab, found, editing=editing)
    return _show(request, tab, _page(request, tab), found, editing=editing)


@require_POST
def decide(request: Request, item_id: UUID) -> HttpResponse:
    """Save a decision, then show the next item; a refusal shows the item as it is now."""
    found = get_full_item(item_id)
    tab = _tab(request, found)
    proposals = [p for p in found.proposals.all() if p.status == "proposed"]
    said = ""
    made: Decision | SignOff | ItemRevision | Planted
    try:
        with transaction.atomic():
            chosen = read_choice(found, proposals, request.POST, locale=request.tenant.locale)
            if found.kind == "exception":
                made = exceptions_.resolve(found, chosen, actor=request.actor)
            else:
                made = decisions.decide(found.pk, chosen, actor=request.actor)
                said = ASKS_OTHERS.get(type(made), said)
    except DomainError as error:
        # An error in an edit shows the form as posted; a conflict shows the item as it is now.
        is_edit = request.POST.get("choice") == "correct"
        editing = is_edit and (error.status == 400 or error.code in EDIT_AGAIN)
        page = _page(request, tab)
        late = conflict_in_words(error)
        return _show(request, tab, page, get_full_item(item_id), editing=editing, error=late)
    if not tell_planted(request, made):
        mark = str(found.pk) if may_take_back(made, request.actor) else ""
        messages.success(
            request, f"{said or DecisionChoice(chosen.choice).answer}: {made.item.title}", mark
        )
    return _next(request, tab, found)


@require_POST
def batch(request: Request) -> HttpResponse:
    """Save one decision for several items that are alike, and show the result of each."""
    tab = _state(request).get("kind", "all")
    words = request.POST.get("words", "").strip()[:2000]
    choice = request.POST.get("choice", "")
    reason = request.POST.get("reason", "") if choice == "reject" else ""
    try:
        with transaction.atomic():
            results = decide_all(
                read_picks(request.POST), choice, reason=reason, words=words, actor=request.actor
            )
    except DomainError as error:
        page = _page(request, tab)
        return _show(request, tab, page, page.first, error=error)
    results = [
        replace(one, refused=one.refused and conflict_in_words(one.refused)) for one in results
    ]
    done = [result for result in results if not result.problem]
    seconds = request.tenant.take_back_seconds
    back = [result.item.pk for result in done if not result.said] if seconds else []
    said = {"results": results, "done": len(done), "choice": choice, "back": back}
    return _show(request, tab, _page(request, tab), None, batch=said)


@require_POST
def later(request: Request, item_id: UUID) -> HttpResponse:
    """Snooze an item for the person until a time, or end the snooze."""
    found = get_full_item(item_id)
    tab = _tab(request, found)
    try:
        with transaction.atomic():
            until = read_until(request.POST)
            if until is None:
                unsnooze(found.pk, actor=request.actor)
            else:
                snooze(found.pk, until, actor=request.actor)
    except DomainError as error:
        return _show(request, tab, _page(request, tab), get_full_item(item_id), error=error)
    if until is None:
        messages.success(request, f"Back in your queue: {found.title}")
        return redirect(_url(request, found.pk, tab))
    messages.success(request, f"Put off until {moment(until)}: {found.title}")
    return _next(request, tab, found)


@require_POST
def undo(request: Request, item_id: UUID) -> HttpResponse:
    """Ask for the undo of an item's executed actions, and show the item's page."""
    found = get_full_item(item_id)
    tab = _tab(request, found)
    words = request.POST.get("words", "").strip()[:2000]
    try:
        with transaction.atomic():
            ask_undo(found.pk, actor=request.actor, words=words)
    except DomainError as error:
        return _show(request, tab, _page(request, tab), get_full_item(item_id), error=error)
    messages.success(request, f"Being undone: {found.title}")
    return redirect(_url(request, found.pk, tab))


def show_item(request: Request, item_id: UUID, error: DomainError | None = None) -> HttpResponse:
    """Show the page of an item as it is now, with the error of a refused request, if any."""
    found = get_full_item(item_id)
    tab = _tab(request, found)
    return _show(request, tab, _page(request, tab), found, error=error)


def item_url(request: Request, item_id: UUID) -> str:
    """Return an item's address with the queue parameters of the request."""
    return _url(request, item_id, _state(request).get("kind", "all"))


def _next(request: Request, tab: str, decided: ReviewItem) -> HttpResponse:
    """Show the item that follows in the same tab."""
    following = _desk(request).following(tab, decided)
    url = _url(request, following, tab)
    if not request.htmx:
        return redirect(url)
    page = _page(request, tab)
    upcoming = get_full_item(following) if following else None
    response = _show(request, tab, page, upcoming, is_open=upcoming is not None)
    response["HX-Push-Url"] = url
    return response


def _tab(request: Request, found: ReviewItem) -> str:
    return "exceptions" if found.kind == "exception" else _state(request).get("kind", "all")


def _state(request: Request) -> dict[str, str]:
    """Return the queue parameters of the request, from the form of a POST or from the address."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] for name in STATE if given.get(name)}


def _desk(request: Request) -> PersonalQueue:
    """Return the person's queue, kept on the request so that it is read once."""
    if "desk" not in vars(request):
        vars(request)["desk"] = PersonalQueue(request.actor, _state(request))
    found: PersonalQueue = vars(request)["desk"]
    return found


def _page(request: Request, tab: str) -> QueuePart:
    return _desk(request).page(tab)


def _url(request: Request, item_id: UUID | None, tab: str) -> str:
    base = reverse("exceptions" if tab == "exceptions" else "review")
    if item_id is not None:
        base = reverse("review_item", args=[item_id])
    return base + query(_state(request))


def _show(
    request: Request,
    tab: str,
    page: QueuePart,
    found: ReviewItem | None,
    *,
    is_open: bool = True,
    editing: bool = False,
    error: DomainError | None = None,
    batch: dict[str, Any] | None = None,
) -> HttpResponse:
    """Render the whole page, or the parts that htmx swaps."""
    vars(request)["family"] = "exceptions" if tab == "exceptions" else "review"
    context = _desk(request).context(tab, page) | {
        "failing": triggers.failing_triggers() if tab == "exceptions" else [],
        "sees_mailboxes": request.actor.has(Capability.CONFIGURE),
        "is_open": is_open,
        "error": error,
        "batch": batch,
        "batch_reasons": REASONS.items(),
    }
    vars(request)["counts"] = context["counts"]  # the sidebar takes them without a query
    if found is not None:
        # After a success the item shown is the next one, which the posted form is not about.
        posted = request.POST if error else None
        mine = _desk(request).mine
        page_of_item = item_page(found, mine, request.tenant, editing, posted, error)
        context |= page_of_item.context()
    template = "review/swap.html" if _is_part(request) else "review/page.html"
    return _rendered(request, template, context, status=error.status if error else 200)


def _open(request: Request, tab: str, found: ReviewItem, *, editing: bool) -> HttpResponse:
    """Render an item alone, for the page of its list."""
    page_of_item = item_page(found, _desk(request).mine, request.tenant, editing)
    context = _desk(request).addresses(tab) | page_of_item.context()
    return _rendered(request, "review/opened.html", context)


def _is_part(request: Request) -> bool:
    """Whether htmx asks for a part of the page. Going back replaces the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _rendered(
    request: Request, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
