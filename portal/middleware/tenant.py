"""Middleware of tenant pages: a request under ``/t/<tenant>/`` enters the tenant's scope.

The tenant comes from the URL and a membership check, never from the session.
The prefix moves into the script name, so that every reversed URL stays inside the tenant.
"""

import re
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix, set_urlconf
from django.utils import timezone

from portal.error_pages import error_page
from portal.middleware.signing_in import to_sign_in
from portal.request import Request, takes_nul
from tenants import access
from tenants.db.compiled import Param, compile_once
from tenants.errors import Conflict, DomainError, Invalid
from tenants.models import Tenant, User
from tenants.scope import tenant_scope

PREFIX = re.compile(r"^/t/([a-z0-9-]{1,40})(/.*)$")
FORM_FIELD = "_tenant"
FORM_HEADER = "X-Handrail-Tenant"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class TenantMiddleware:
    """Check the membership and run the request in its tenant's scope and time zone.

    A missing tenant and a missing membership give the same 404.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        vars(request).update(tenant=None, actor=None)
        match = PREFIX.match(request.path_info)
        if match is None:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return to_sign_in(cast(Request, request), home=f"/t/{match[1]}/")
        return self._inside(request, match[1], match[2])

    def _inside(self, request: HttpRequest, slug: str, rest: str) -> HttpResponse:
        tenant = _tenant().row(slug=slug)
        user = cast(User, request.user)
        actor = access.actor_in(user, tenant) if tenant else None
        if tenant is None or actor is None:
            return error_page(request, Http404())
        vars(request).update(tenant=tenant, actor=actor)
        request.path_info = rest
        request.urlconf = settings.TENANT_URLCONF
        outer = get_script_prefix()
        set_script_prefix(f"/t/{slug}/")
        try:
            with tenant_scope(tenant.pk), timezone.override(tenant.timezone):
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
        finally:
            # The thread serves other requests next, outside this tenant.
            set_script_prefix(outer)
            set_urlconf(None)
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Refuse a form with a NUL character, or one that was rendered for another tenant."""
        if request.method in UNSAFE and not takes_nul(view) and _holds_nul(request):
            why = "A text holds a character that can't be kept (NUL). Take it out."
            return error_page(request, Invalid(why))
        tenant: Tenant | None = vars(request).get("tenant")
        if tenant is None or request.method not in UNSAFE:
            return None
        said = request.headers.get(FORM_HEADER) or request.POST.get(FORM_FIELD)
        if said != tenant.slug:
            error = Conflict(
                "This form was opened for another client. Open it again from this one's pages.",
                code="other_tenant",
            )
            return error_page(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Roll back the changes of a tenant's view, and answer a DomainError with its page."""
        if vars(request).get("tenant") is not None:
            transaction.set_rollback(True)
        return error_page(request, error) if isinstance(error, DomainError) else None


@compile_once
def _tenant() -> QuerySet[Tenant]:
    return Tenant.objects.filter(slug=Param("slug", CharField()))


def _holds_nul(request: HttpRequest) -> bool:
    """Whether a form contains a NUL: Postgres stores none, and fields would cut or drop it."""
    if not (request.content_type or "").startswith(("application/x-www-form", "multipart/")):
        return False
    return any("\x00" in text for _, texts in request.POST.lists() for text in texts)
