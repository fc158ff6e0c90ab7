"""Routes outside any tenant: sign-in, home, invitations, the desk, the API."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from portal import pwa
from portal.accounts import invitation_views
from portal.accounts import views as home
from portal.api import problem_types
from portal.credentials import callback_views
from portal.workflows.editor import schema_views

handler404 = "portal.error_pages.page_not_found"


def missing(request: HttpRequest) -> HttpResponse:
    """Raise Http404, in place of an allauth page that Handrail does not offer."""
    raise Http404


urlpatterns = [
    # First: Django tries the routes in turn, and systems call these the most.
    path("api/v1/", include("portal.urls.api")),
    path("", home.home, name="home"),
    path("account/", home.account, name="account"),
    # Invitations are tied to an e-mail address, so people can't change theirs.
    path("accounts/email/", missing, name="no_email_change"),
    path("accounts/", include("allauth.urls")),
    path("invitations/<str:token>/", invitation_views.invitation, name="invitation"),
    path("app.webmanifest", pwa.manifest, name="manifest"),
    path("service-worker.js", pwa.worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("problems/<str:code>/", problem_types.problem_type, name="problem_type"),
    path("oauth/callback/<str:key>/", callback_views.callback, name="oauth_callback"),
    path("oauth/client/<str:key>/", callback_views.document, name="oauth_client"),
    path("schema/definition.json", schema_views.definition_schema, name="definition_schema"),
    path("", include("portal.desk.urls")),
    path("", include("portal.routing.urls")),
    path("", include("portal.budgets.provider_urls")),
    path("", include("portal.styleguide.urls")),
]
