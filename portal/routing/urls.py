"""URLs of the routing table, outside tenants: part of the root URLs."""

from django.urls import path

from portal.routing import views

urlpatterns = [path("desk/models/", views.page, name="routing")]
