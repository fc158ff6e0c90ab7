"""URLs of a person's notice preferences and devices."""

from django.urls import path

from portal.notices import views as notices

urlpatterns = [
    path("notices/", notices.page, name="notices"),
    path("notices/try/", notices.trial, name="notices_try"),
    path("notices/devices/", notices.device_add, name="device_add"),
    path("notices/devices/<uuid:pk>/remove/", notices.device_remove, name="device_remove"),
]
