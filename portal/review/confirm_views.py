"""Confirmation page of an approval, opened by the link in a mail."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals.review import selectors
from portal.request import Request
from portal.review.item.page import item_page


@never_cache
@require_safe
def confirm(request: Request, item_id: UUID) -> HttpResponse:
    """Show one item and ask whether to approve it. ``seen`` is the content hash the mail was about.

    A GET decides nothing, however often it is made; the button posts like the item's own page.
    """
    item = selectors.get_item(item_id, selectors.items_in_full().exclude(kind="exception"))
    vars(request)["family"] = "review"
    page = item_page(item, selectors.queue_view(request.actor), request.tenant)
    context = page.context()
    context["has_changed"] = request.GET.get("seen", item.content_hash) != item.content_hash
    return render(request, "review/confirm.html", context)
