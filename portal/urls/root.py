"""Addresses outside any tenant: sign-in, home, invitations, the desk, the API."""

from importlib.util import find_spec

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.urls.resolvers import URLResolver

from portal.views import home, invitations

handler404 = "portal.problems.not_found"


def missing(request: HttpRequest) -> HttpResponse:
    """An address of allauth's that this product does not offer."""
    raise Http404


def _family(name: str, prefix: str = "") -> list[URLResolver]:
    module = f"portal.urls.{name}"
    return [path(prefix, include(module))] if find_spec(module) else []


urlpatterns = [
    path("", home.home, name="home"),
    path("account/", home.account, name="account"),
    # An address is what a person was invited by: it is not changed by oneself.
    path("accounts/email/", missing, name="no_email_change"),
    path("accounts/", include("allauth.urls")),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    *_family("clients"),
    *_family("desk"),
    *_family("api", "api/v1/"),
]
