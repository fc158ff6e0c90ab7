"""The source map. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.views import pieces, sources

urlpatterns = [
    path("sources/", sources.listing, name="sources"),
    path("add-source/", sources.add, name="source_add"),
    path("sources/passages/<uuid:passage_id>/", pieces.passage, name="passage"),
    path("sources/records/<uuid:record_id>/", pieces.record_piece, name="record_piece"),
    path("sources/<slug:name>/", sources.page, name="source"),
    path("sources/<slug:name>/revise/", sources.revise, name="source_revise"),
    path("sources/<slug:name>/verify/", sources.verify, name="source_verify"),
]
