"""Addresses outside any tenant: sign-in, home, invitations, the desk, the API."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from portal.views import app, home, invitations, problem_types, schema

handler404 = "portal.problems.not_found"


def missing(request: HttpRequest) -> HttpResponse:
    """An address of allauth's that this product does not offer."""
    raise Http404


urlpatterns = [
    path("", home.home, name="home"),
    path("account/", home.account, name="account"),
    # An address is what a person was invited by: it is not changed by oneself.
    path("accounts/email/", missing, name="no_email_change"),
    path("accounts/", include("allauth.urls")),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("service-worker.js", app.worker, name="service_worker"),
    path("offline/", app.offline, name="offline"),
    path("problems/<str:code>/", problem_types.problem_type, name="problem_type"),
    path("schema/definition.json", schema.definition_schema, name="definition_schema"),
    path("", include("portal.urls.clients")),
    path("", include("portal.urls.desk")),
    path("api/v1/", include("portal.urls.api")),
]
