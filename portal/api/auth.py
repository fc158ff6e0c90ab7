"""DRF authentication by API key, and permission by the key's scopes."""

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.actors import Actor
from tenants.errors import Invalid
from tenants.models import ApiKey
from tenants.roles import Capability

if TYPE_CHECKING:
    # rest_framework.views imports this module while it is being imported itself.
    from rest_framework.views import APIView

GIVES = {"runs:write": Capability.START_RUNS, "events:write": Capability.SEND_EVENTS}


class KeyAuthentication(BaseAuthentication):
    """API key authentication: ``Authorization: Bearer hr_…``.

    The middleware has looked the key up. Raises Invalid for a key in the URL: URLs are logged.
    """

    def authenticate(self, request: Request) -> tuple[Actor, ApiKey] | None:
        given = [value for _, values in request.query_params.lists() for value in values]
        if any(value.startswith("hr_") for value in given):
            raise Invalid(
                "A key doesn't belong in the address. Send it in the Authorization header.",
                code="key_in_url",
            )
        key: ApiKey | None = vars(request._request)["api_key"]
        if key is None:
            return None
        capabilities = frozenset(GIVES[s] for s in key.scopes if s in GIVES)
        actor = Actor(
            "key", key.pk, f"API key {key.name}", "key", capabilities, behind=key.made_by_id
        )
        return actor, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="handrail"'


class HasScope(BasePermission):
    """Permission by scope: ``scopes`` of a view names the scope that each method needs.

    Raises MethodNotAllowed for a method that the view does not name.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        needs: dict[str, str] = getattr(view, "scopes", {})
        key: Any = request.auth
        if key is None:
            return False
        if request.method not in needs:
            raise MethodNotAllowed(str(request.method))
        return needs[request.method] in key.scopes
