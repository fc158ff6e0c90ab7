"""The provider's desk, outside tenants. Paths are whole: include this in the root addresses."""

from django.urls import path

from portal.views import desk

urlpatterns = [path("desk/", desk.page, name="desk")]
