"""The provider's desk and taking on clients, outside tenants: include it in the root addresses."""

from django.urls import path

from portal.desk import client_views, views

urlpatterns = [
    path("desk/", views.page, name="desk"),
    path("desk/clients/new/", client_views.new, name="client_new"),
]
