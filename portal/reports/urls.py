"""Routes of the weekly reports, inside a tenant."""

from django.urls import path

from portal.reports import views as reports

urlpatterns = [
    path("reports/", reports.reports, name="reports"),
    path("reports/<str:week>/", reports.report, name="report"),
    path("reports/<str:week>/<slug:bucket>/", reports.report_items, name="report_items"),
]
