"""Type of a request after this project's middleware, and views that read NUL themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from tenants.actors import Actor
from tenants.models import ApiKey, Tenant, User


class Request(HttpRequest):
    """Request of a signed-in person inside a tenant."""

    user: User
    tenant: Tenant
    actor: Actor
    htmx: HtmxDetails
    api_key: ApiKey | None

    if TYPE_CHECKING:
        urlconf: str


def looks_for_nul[V: Callable[..., object]](view: V) -> V:
    """Mark a view that validates NUL characters in a form itself; others never get one."""
    vars(view)["looks_for_nul"] = True
    return view


def takes_nul(view: object) -> bool:
    """Whether a view is marked with ``looks_for_nul``."""
    return bool(getattr(view, "looks_for_nul", False))
