"""Middleware of the API: requests take a branch of their own, in the scope of the key's tenant."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from tenants.scope import tenant_scope
from tenants.services.keys import check_key, parse_key

PREFIX = "/api/"


class ApiBranch(BaseHandler):
    """Middleware that sends requests under PREFIX through API_MIDDLEWARE, straight to their view.

    The middleware after it in MIDDLEWARE is for pages: neither it nor its hooks see such a request.
    """

    # Django's handler calls these hooks around the view; it knows those of the pages alone.
    _view_middleware: Any = ()
    _template_response_middleware: Any = ()
    _exception_middleware: Any = ()

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.to_pages = get_response
        view = self._get_response  # type: ignore[attr-defined]  # not in the stubs
        self.to_api: Any = convert_exception_to_response(view)
        for path in reversed(settings.API_MIDDLEWARE):
            self.to_api = convert_exception_to_response(import_string(path)(self.to_api))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path_info.startswith(PREFIX)
        response: HttpResponse = self.to_api(request) if is_api else self.to_pages(request)
        return response


class ApiMiddleware:
    """Enter the tenant that the key names, and look the key up there; views check its scopes.

    A response of 400 or more rolls the transaction back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        vars(request).update(tenant=None, actor=None, api_key=None)
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        parsed = parse_key(text.strip()) if scheme.lower() == "bearer" else None
        if parsed is None:
            return self.get_response(request)
        tenant_id, prefix, secret = parsed
        # The wall shows no key under the id of another tenant, or of none.
        with tenant_scope(tenant_id):
            vars(request).update(api_key=check_key(prefix, secret))
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response
