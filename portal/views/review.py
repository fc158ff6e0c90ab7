"""The review queue, exceptions and the item page. Only a POST decides."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals import selectors
from approvals.models import ItemRevision, ReviewItem, SignOff
from approvals.reasons import REASONS
from approvals.services import decisions
from approvals.services.batches import decide_all
from approvals.services.looking import look
from approvals.services.snoozing import snooze, wake
from approvals.services.undo import ask_undo
from portal import edits
from portal import queue as queues
from portal.forms.review import read_choice, read_picks, read_until
from portal.http import Request
from portal.itempage import item_context
from portal.quality_page import tell_planted
from portal.templatetags.words import moment
from tenants.errors import DomainError, NotFound
from tenants.roles import Capability
from workflows.services import exceptions as exceptions_
from workflows.triggers import selectors as triggers

STATE = ("kind", "after", "who", "q")
SAID = {
    "accept": "Approved",
    "correct": "Approved with your changes",
    "reject": "Rejected, nothing is done",
    "take_over": "Yours to handle now",
    "again": "Sent back, another attempt comes",
    "resolve": "Resolved",
}

# What a policy makes of a yes, or of an edit, while it needs others too.
ASKS_OTHERS: dict[type, str] = {
    SignOff: "Approved by you, and it needs somebody else too",
    ItemRevision: "Your version waits for somebody else to approve it",
}


@never_cache
@require_safe
def queue(request: Request) -> HttpResponse:
    """What waits, with the first item open where there is room for it."""
    return _first(request, request.GET.get("kind", "all"))


@never_cache
@require_safe
def exceptions(request: Request) -> HttpResponse:
    """What only a person can resolve."""
    return _first(request, "exceptions")


def _first(request: Request, tab: str) -> HttpResponse:
    page = _page(request, tab)
    first = _item(page.lines[0].item.pk) if page.lines else None
    return _show(request, tab, page, first, is_open=False)


@never_cache
@require_safe
def item(request: Request, item_id: UUID) -> HttpResponse:
    """One item beside its queue. With ``?edit=1`` its text and arguments are fields."""
    found = _item(item_id)
    tab = _tab(request, found)
    return _show(request, tab, _page(request, tab), found, editing="edit" in request.GET)


@require_POST
def decide(request: Request, item_id: UUID) -> HttpResponse:
    """Decide once, then go to the next item; a refusal shows the item as it is now."""
    found = _item(item_id)
    tab = _tab(request, found)
    proposals = [p for p in found.proposals.all() if p.status == "proposed"]
    said, made = "", None
    try:
        with transaction.atomic():
            chosen = read_choice(found, proposals, request.POST)
            if found.kind == "exception":
                exceptions_.resolve(found, chosen, actor=request.actor)
            else:
                made = decisions.decide(found.pk, chosen, actor=request.actor)
                said = ASKS_OTHERS.get(type(made), said)
    except DomainError as error:
        # What was typed comes back with the mistake; a conflict shows the item as it is now.
        editing = request.POST.get("choice") == "correct" and error.status == 400
        page = _page(request, tab)
        return _show(request, tab, page, _item(item_id), editing=editing, error=error)
    if not tell_planted(request, made):
        messages.success(request, f"{said or SAID[chosen.choice]}: {found.title}")
    return _next(request, tab, found)


@require_POST
def difference(request: Request, item_id: UUID) -> HttpResponse:
    """What the form being filled in would change. Decides nothing, writes nothing."""
    found = _item(item_id)
    proposals = [p for p in found.proposals.all() if p.status == "proposed"]
    context: dict[str, Any] = {}
    try:
        chosen = read_choice(found, proposals, request.POST)
        context["edits"] = edits.chosen(found, proposals, chosen, request.tenant.locale)
    except DomainError as error:
        context["edits_problem"] = error.message
    return render(request, "review/difference.html", context)


@require_POST
def here(request: Request, item_id: UUID) -> HttpResponse:
    """The page says that it is open, and hears who else has it open."""
    return render(request, "review/here.html", {"others": look(item_id, actor=request.actor)})


@require_POST
def batch(request: Request) -> HttpResponse:
    """Decide several items that are alike; what came of each is shown."""
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
        first = _item(page.lines[0].item.pk) if page.lines else None
        return _show(request, tab, page, first, error=error)
    done = [result for result in results if not result.problem]
    said = {"results": results, "done": len(done), "choice": choice}
    return _show(request, tab, _page(request, tab), None, batch=said)


@require_POST
def later(request: Request, item_id: UUID) -> HttpResponse:
    """Put an item off for oneself, or take it up again."""
    found = _item(item_id)
    tab = _tab(request, found)
    try:
        with transaction.atomic():
            until = read_until(request.POST)
            if until is None:
                wake(found.pk, actor=request.actor)
            else:
                snooze(found.pk, until, actor=request.actor)
    except DomainError as error:
        return _show(request, tab, _page(request, tab), _item(item_id), error=error)
    if until is None:
        messages.success(request, f"Back in your queue: {found.title}")
        return redirect(_url(request, found.pk, tab))
    messages.success(request, f"Put off until {moment(until)}: {found.title}")
    return _next(request, tab, found)


@require_POST
def undo(request: Request, item_id: UUID) -> HttpResponse:
    """Ask for the undo of what was carried out; the page then says how it stands."""
    found = _item(item_id)
    tab = _tab(request, found)
    words = request.POST.get("words", "").strip()[:2000]
    try:
        with transaction.atomic():
            ask_undo(found.pk, actor=request.actor, words=words)
    except DomainError as error:
        return _show(request, tab, _page(request, tab), _item(item_id), error=error)
    messages.success(request, f"Being undone: {found.title}")
    return redirect(_url(request, found.pk, tab))


def _next(request: Request, tab: str, decided: ReviewItem) -> HttpResponse:
    """Open what comes next in the same tab."""
    waiting = queues.of(_mine(request), everyone=_everyone(request))
    following = queues.next_after(waiting, tab, decided.due_at, decided.pk)
    url = _url(request, following, tab)
    if not request.htmx:
        return redirect(url)
    page = _page(request, tab)
    upcoming = _item(following) if following else None
    response = _show(request, tab, page, upcoming, is_open=upcoming is not None)
    response["HX-Push-Url"] = url
    return response


def _item(item_id: UUID) -> ReviewItem:
    found = selectors.items_in_full().filter(pk=item_id).first()
    if found is None:
        raise NotFound("There is no such item.")
    return found


def _tab(request: Request, found: ReviewItem) -> str:
    return "exceptions" if found.kind == "exception" else _state(request).get("kind", "all")


def _state(request: Request) -> dict[str, str]:
    """Where in the queue the person is: from the address, or from the form."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] for name in STATE if given.get(name)}


def _mine(request: Request) -> selectors.Mine:
    """What waits for the person; worked out once a request."""
    if "mine" not in vars(request):
        vars(request)["mine"] = selectors.mine(request.actor)
    found: selectors.Mine = vars(request)["mine"]
    return found


def _everyone(request: Request) -> bool:
    return _state(request).get("who") == "everyone"


def _page(request: Request, tab: str) -> queues.Page:
    state = _state(request)
    if tab == queues.LATER:
        waiting = _mine(request).snoozed()
    else:
        waiting = queues.of(_mine(request), everyone=_everyone(request))
    mine = _mine(request)
    decides = mine.where is not None and not _everyone(request)
    picks = mine.people.policies if mine.people and decides else None
    words = state.get("q", "").strip()[:100]
    return queues.page(waiting, tab, state.get("after", ""), words, picks)


def _url(request: Request, item_id: UUID | None, tab: str) -> str:
    base = reverse("exceptions" if tab == "exceptions" else "review")
    if item_id is not None:
        base = reverse("review_item", args=[item_id])
    return base + _query(_state(request))


def _query(state: dict[str, str]) -> str:
    filled = {name: value for name, value in state.items() if value}
    return f"?{urlencode(filled)}" if filled else ""


def _show(
    request: Request,
    tab: str,
    page: queues.Page,
    found: ReviewItem | None,
    *,
    is_open: bool = True,
    editing: bool = False,
    error: DomainError | None = None,
    batch: dict[str, Any] | None = None,
) -> HttpResponse:
    """The whole page, or for htmx what changed of it."""
    everyone, state = _everyone(request), _state(request)
    vars(request)["family"] = "exceptions" if tab == "exceptions" else "review"
    counts = queues.counts_for(_mine(request), everyone=everyone)
    if not everyone:
        vars(request)["counts"] = counts  # the sidebar shows the same
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": queues.tabs(counts, tab),
        "queue_counts": counts,
        "searched": selectors.SEARCHED,
        "page": page,
        "state": state,
        "query": _query(state),
        "edit_query": _query(state | {"edit": "1"}),
        "later_query": _query(state | {"after": page.later}),
        "first_query": _query({**state, "after": ""}),
        "unsearched_query": _query({**state, "after": "", "q": ""}),
        "tab_url": "exceptions" if tab == "exceptions" else "review",
        "by_grant": Capability.DECIDE in request.actor.by_grant,
        "everyone": everyone,
        "failing": triggers.failing() if tab == "exceptions" else [],
        "sees_mailboxes": request.actor.has(Capability.CONFIGURE),
        "is_open": is_open,
        "error": error,
        "batch": batch,
        "batch_reasons": REASONS.items(),
    }
    if found is not None:
        # What was typed belongs to the item that refused it, not to the next one.
        posted = request.POST if error else None
        context |= item_context(found, _mine(request), request.tenant, editing, posted)
    partial = request.htmx and not request.htmx.history_restore_request
    template = "review/swap.html" if partial else "review/page.html"
    response = render(request, template, context, status=error.status if error else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response
