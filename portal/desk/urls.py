"""URLs of the provider's desk and of new clients, outside tenants: part of the root URLs."""

from django.urls import path

from portal.desk import client_views, views

urlpatterns = [
    path("desk/", views.page, name="desk"),
    path("desk/clients/new/", client_views.new, name="client_new"),
]
