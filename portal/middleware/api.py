"""Middleware of the API: a request enters the scope of its key's tenant."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.keys import check_key, parse_key

PREFIX = "/api/"


class ApiMiddleware:
    """Enter the tenant that the key names, and look the key up there; views check its scopes.

    A response of 400 or more rolls the transaction back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        vars(request).update(api_key=None)
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        parsed = parse_key(text.strip()) if scheme.lower() == "bearer" else None
        tenant = Tenant.objects.filter(pk=parsed[0]).first() if parsed else None
        if parsed is None or tenant is None:
            return self.get_response(request)
        with tenant_scope(tenant.pk):
            key = check_key(parsed[1], parsed[2])
            vars(request).update(api_key=key, tenant=tenant if key else None)
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response
