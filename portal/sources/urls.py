"""Routes of the source map. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.sources import piece_views
from portal.sources import views as sources

urlpatterns = [
    path("sources/", sources.listing, name="sources"),
    path("add-source/", sources.add, name="source_add"),
    path("sources/passages/<uuid:passage_id>/", piece_views.passage, name="passage"),
    path("sources/records/<uuid:record_id>/", piece_views.record_piece, name="record_piece"),
    path("sources/<slug:name>/", sources.page, name="source"),
    path(
        "sources/<slug:name>/revisions/<int:number>/file/",
        piece_views.revision_file,
        name="source_file",
    ),
    path(
        "sources/<slug:name>/revisions/<int:number>/changes/",
        piece_views.changes,
        name="source_changes",
    ),
    path("sources/<slug:name>/revise/", sources.revise, name="source_revise"),
    path("sources/<slug:name>/reading/", sources.reading_state, name="source_reading"),
    path("sources/<slug:name>/reading/put-away/", sources.put_away, name="source_reading_put_away"),
    path("sources/<slug:name>/verify/", sources.verify, name="source_verify"),
]
