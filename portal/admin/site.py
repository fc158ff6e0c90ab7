"""The admin of one client, served inside it at ``/t/<tenant>/admin/``.

Only the provider's staff who look after the client come in; what they may do
comes from their role (``request.actor``), never from ``is_superuser``.
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

# Unfold's pages are made of Alpine expressions, which need eval, and of elements that
# carry their own style. Only staff see them, and what they show is escaped by Django.
ADMIN_CSP = {
    **settings.SECURE_CSP,
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}

# Signing in and out and passwords are allauth's. Unfold's search keeps its results by
# person and word, not by tenant, so that one client's would show under another.
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
    """Whether the person works for the provider, looks after this tenant and may do this."""
    actor = cast(Request, request).actor
    return actor is not None and actor.kind == "staff" and actor.has(capability)


class TenantAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """An admin that shows one tenant to the staff who look after it."""

    site_url = None
    index_title = "Set up"
    final_catch_all_view = False
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return is_staff_here(request)

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Wrap a view: for everybody else the admin doesn't exist."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise Http404
            return view(request, *args, **kwargs)

        wrapped = csp_override(ADMIN_CSP)(csrf_protect(inner))
        return update_wrapper(wrapped if cacheable else never_cache(wrapped), view)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The front page's list, in our words."""
        apps = cast("list[dict[str, Any]]", super().get_app_list(request, app_label))
        for app in apps:
            app["name"] = NAMES.get(app["app_label"], app["name"])
            for model in app["models"]:
                model["name"] = NAMES.get(model["object_name"], model["name"])
        return apps

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in DROPPED]


site = TenantAdminSite(name="admin")
