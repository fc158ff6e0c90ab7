"""Addresses inside a tenant: what comes after ``/t/<tenant>/``. One module a page family."""

from importlib.util import find_spec

from django.urls import include, path
from django.urls.resolvers import URLResolver
from django.views.generic.base import RedirectView

FAMILIES = ("review", "workflows", "sources", "reports", "record", "people", "stop")
handler404 = "portal.problems.not_found"


def _family(name: str, prefix: str = "") -> list[URLResolver]:
    module = f"portal.urls.{name}"
    return [path(prefix, include(module))] if find_spec(module) else []


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review"), name="start"),
    *(pattern for family in FAMILIES for pattern in _family(family)),
    *_family("admin", "admin/"),
]
