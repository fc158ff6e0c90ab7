"""API keys as DRF authentication, and scopes as permission."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.actors import Actor
from tenants.errors import Invalid
from tenants.models import ApiKey
from tenants.roles import Capability

GIVES = {"runs:write": Capability.START_RUNS}


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer hr_…``. A key in the address is refused: addresses are logged."""

    def authenticate(self, request: Request) -> tuple[Actor, ApiKey] | None:
        if any(value.startswith("hr_") for value in request.query_params.values()):
            raise Invalid(
                "A key doesn't belong in the address. Send it in the Authorization header.",
                code="key_in_url",
            )
        key: ApiKey | None = request._request.api_key
        if key is None:
            return None
        capabilities = frozenset(GIVES[s] for s in key.scopes if s in GIVES)
        actor = Actor("key", key.pk, f"API key {key.name}", "key", capabilities)
        return actor, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="handrail"'


class HasScope(BasePermission):
    """A view names the scope each method needs; a method it doesn't name is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needs: dict[str, str] = getattr(view, "scopes", {})
        wanted = needs.get(request.method or "")
        key: Any = request.auth
        return key is not None and wanted is not None and wanted in key.scopes
