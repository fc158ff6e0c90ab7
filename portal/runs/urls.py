"""Routes of runs. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.runs import views

urlpatterns = [
    path("runs/", views.listing, name="runs"),
    path("runs/<uuid:run_id>/", views.page, name="run"),
    path("runs/<uuid:run_id>/pictures/<uuid:picture_id>/", views.picture, name="run_picture"),
    path("runs/<uuid:run_id>/pause/", views.pause, name="run_pause"),
    path("runs/<uuid:run_id>/resume/", views.resume, name="run_resume"),
    path("runs/<uuid:run_id>/again/", views.again, name="run_rerun"),
    path("runs/<uuid:run_id>/cancel/", views.cancel, name="run_cancel"),
]
