"""The request as our middleware leaves it, for type checking."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from tenants.actors import Actor
from tenants.models import ApiKey, Tenant, User


class Request(HttpRequest):
    """A request of a signed-in person inside a tenant."""

    user: User
    tenant: Tenant
    actor: Actor
    htmx: HtmxDetails
    api_key: ApiKey | None

    if TYPE_CHECKING:
        urlconf: str
