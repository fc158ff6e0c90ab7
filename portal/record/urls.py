"""Routes of the record and its seals. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.record import views as record

urlpatterns = [
    path("record/", record.listing, name="record"),
    path("record/seals/", record.seals, name="seals"),
    path("record/seals/check/", record.check_seals, name="seals_check"),
]
