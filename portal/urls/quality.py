"""Approval quality: its page, second looks, and planted mistakes."""

from django.urls import path

from portal.views import looks, quality

urlpatterns = [
    path("quality/", quality.page, name="quality"),
    path("quality/second-looks/", quality.share, name="quality_share"),
    path("quality/planting/", quality.planting, name="quality_planting"),
    path("quality/plant/<uuid:item_id>/", quality.plant, name="quality_plant"),
    path("looks/", looks.listing, name="looks"),
    path("looks/<uuid:look_id>/", looks.look, name="look"),
    path("looks/<uuid:look_id>/answer/", looks.answer, name="look_answer"),
]
