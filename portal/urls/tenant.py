"""Routes inside a tenant, below ``/t/<tenant>/``, with one module for each family of pages."""

from django.urls import include, path
from django.views.generic.base import RedirectView

FAMILIES = (
    "review",
    "workflows",
    "runs",
    "mailboxes",
    "tools",
    "credentials",
    "sources",
    "reports",
    "record",
    "people",
    "policies",
    "budgets",
    "notices",
    "quality",
    "stop",
)
handler404 = "portal.error_pages.page_not_found"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review"), name="start"),
    *(path("", include(f"portal.{family}.urls")) for family in FAMILIES),
    path("admin/", include("portal.urls.admin")),
]
