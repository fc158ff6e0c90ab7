"""Admin site of one tenant, served at ``/t/<tenant>/admin/``.

Only staff assigned to the tenant may open it; their permissions come from their role
(``request.actor``), never from ``is_superuser``.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_protect
from unfold.sites import UnfoldAdminSite

from portal.request import Request
from tenants.roles import Capability

# Unfold's pages use Alpine expressions, which need eval, and inline styles. Only staff see
# them, and Django escapes the values they show.
ADMIN_CSP = {
    **settings.SECURE_CSP,
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}

# allauth has sign-in, sign-out and passwords. Unfold's search caches its results by person
# and word, not by tenant, so one client's results would show under another.
DROPPED = {
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "view_on_site",
    "autocomplete",
    "search",
}


NAMES = {
    "tenants": "Client",
    "workflows": "Work",
    "Tenant": "Settings",
    "NeverRule": "Never-rules",
}


def is_staff_here(request: HttpRequest, capability: Capability = Capability.SEE) -> bool:
    """Whether the actor is staff assigned to this tenant and has the capability."""
    actor = cast(Request, request).actor
    return actor is not None and actor.kind == "staff" and actor.has(capability)


class TenantAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Admin site of the request's tenant, for the staff assigned to it."""

    site_url = None
    index_title = "Set up"
    final_catch_all_view = False
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return is_staff_here(request)

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Wrap a view: it raises Http404, not a sign-in page, for everyone without permission."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise Http404
            return view(request, *args, **kwargs)

        wrapped = csp_override(ADMIN_CSP)(csrf_protect(inner))
        return update_wrapper(wrapped if cacheable else never_cache(wrapped), view)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the front page's apps and models, under the names of NAMES."""
        apps = cast("list[dict[str, Any]]", super().get_app_list(request, app_label))
        for app in apps:
            app["name"] = NAMES.get(app["app_label"], app["name"])
            for model in app["models"]:
                model["name"] = NAMES.get(model["object_name"], model["name"])
        return apps

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in DROPPED]


site = TenantAdminSite(name="admin")
