"""URLs of the routing table, outside tenants: part of the root URLs.

The names of deployments hold slashes, so they are parameters and no parts of a path.
"""

from django.urls import path

from portal.routing import deployment_views, views

DEPLOYMENTS = "desk/models/deployments/"
urlpatterns = [
    path("desk/models/", views.page, name="routing"),
    path(DEPLOYMENTS, deployment_views.deployment, name="deployment"),
    path(f"{DEPLOYMENTS}add/", deployment_views.add, name="deployment_add"),
    path(f"{DEPLOYMENTS}remove/", deployment_views.remove, name="deployment_remove"),
    path(f"{DEPLOYMENTS}try/", deployment_views.try_deployment, name="deployment_try"),
    path(f"{DEPLOYMENTS}tried/", deployment_views.tried, name="deployment_tried"),
]
