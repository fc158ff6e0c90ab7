"""Taking on clients, outside tenants. Paths are whole: include this in the root addresses."""

from django.urls import path

from portal.views import clients

urlpatterns = [path("desk/clients/new/", clients.new, name="client_new")]
