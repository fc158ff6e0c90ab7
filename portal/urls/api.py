"""Routes of API v1, at ``api/v1/``."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from portal.api import schema
from portal.api.problems import api_not_found
from portal.api.views import ReviewItems, Runs

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("runs", Runs, basename="run")
router.register("review-items", ReviewItems, basename="review-item")

# drf-spectacular registers an extension when its class is imported.
EXTENSIONS = (schema.KeyScheme,)

# A page has no answer to OPTIONS: its template would be filled with what DRF says of the view.
docs = SpectacularSwaggerSplitView.as_view(url_name="api:schema", http_method_names=["get", "head"])

app_name = "api"
urlpatterns = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("<path:rest>", api_not_found, name="nowhere"),
]
