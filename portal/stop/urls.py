"""Routes of the kill switch. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.stop import views as stop

urlpatterns = [
    path("stop/", stop.page, name="stop"),
    path("stop/resume/", stop.resume, name="resume"),
]
