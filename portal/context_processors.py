"""Template context of every page. All lazy: an error page must not need the database."""

from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject

from approvals.review.selectors import queue_view
from portal.review.queue.counts import Counts, counts_for
from tenants.db.compiled import compile_once
from tenants.models import Provider
from tenants.roles import Capability

# URL name and label of each page, in the order of the sidebar.
PAGES = (
    ("review", "Review"),
    ("workflows", "Workflows"),
    ("sources", "Source map"),
    ("exceptions", "Exceptions"),
    ("reports", "Reports"),
    ("record", "Record"),
    ("people", "People"),
    ("looks", "Second looks"),
    ("quality", "Approval quality"),
    ("budgets", "Budgets"),
)
# Further paths under which a page of the sidebar is marked as the current one.
ALSO = {
    "workflows": (
        *("runs/", "mailboxes/", "add-mailbox/", "add-workflow/"),
        *("tools/", "import-tools/", "tool-servers/", "add-tool-server/"),
        *("credentials/", "connections/", "add-connection/"),
    ),
    "sources": ("add-source/",),
    "people": ("policies/",),
}
ON_THE_BAR = ("review", "exceptions", "reports")


@dataclass(frozen=True, slots=True)
class NavEntry:
    """Link of the sidebar: its label, count and whether it is the current page."""

    name: str
    label: str
    url: str
    count: int
    is_here: bool
    on_the_bar: bool


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the layout: provider name, sidebar, counts, tenant and actor.

    Outside a tenant only the provider's name and the outer layout.
    """
    tenant, actor = vars(request).get("tenant"), vars(request).get("actor")
    provider = SimpleLazyObject(_provider_name)
    if tenant is None or actor is None:
        return {"provider_name": provider, "layout": "outer.html"}
    counts = cast(
        Counts,
        SimpleLazyObject(lambda: vars(request).get("counts") or counts_for(queue_view(actor))),
    )
    return {
        "provider_name": provider,
        "layout": "base.html",
        "counts": counts,
        "nav": SimpleLazyObject(lambda: _nav(request, counts)),
        "tenant": tenant,
        "actor": actor,
    }


def _provider_name() -> str:
    if connection.needs_rollback:  # an error page: the transaction takes no more queries
        return "Handrail"
    return _provider().row() or "Handrail"


@compile_once
def _provider() -> Any:
    return Provider.objects.order_by("pk").values_list("name", flat=True)[:1]


def _is_for(name: str, request: HttpRequest) -> bool:
    """Whether a page of the sidebar is shown to this person. Makes no query."""
    tenant, actor = vars(request)["tenant"], vars(request)["actor"]
    if name == "looks":
        decides = Capability.DECIDE in actor.capabilities | actor.by_grant
        return bool(tenant.second_looks and actor.kind == "person" and decides)
    if name == "budgets":
        return bool(tenant.is_budgeted or actor.has(Capability.SET_BUDGETS))
    if name == "quality":
        return bool(actor.kind == "staff" or actor.has(Capability.MANAGE_PEOPLE))
    return True


def _nav(request: HttpRequest, counts: Counts) -> list[NavEntry]:
    """Return the sidebar's links. ``request.family`` names the page where the path does not."""
    family, entries = vars(request).get("family"), []
    for name, label in PAGES:
        if not _is_for(name, request):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        count = {"review": counts.review, "exceptions": counts.exceptions}.get(name, 0)
        starts = (url, *(get_script_prefix() + more for more in ALSO.get(name, ())))
        here = name == family if family else request.path.startswith(starts)
        entries.append(NavEntry(name, label, url, count, here, name in ON_THE_BAR))
    return entries
