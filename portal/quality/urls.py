"""URLs of the quality page, second looks and planted mistakes."""

from django.urls import path

from portal.quality import second_look_views
from portal.quality import views as quality

urlpatterns = [
    path("quality/", quality.page, name="quality"),
    path("quality/second-looks/", quality.share, name="quality_share"),
    path("quality/planting/", quality.planting, name="quality_planting"),
    path("quality/plant/<uuid:item_id>/", quality.plant, name="quality_plant"),
    path("looks/", second_look_views.listing, name="looks"),
    path("looks/<uuid:look_id>/", second_look_views.look, name="look"),
    path("looks/<uuid:look_id>/answer/", second_look_views.answer, name="look_answer"),
]
