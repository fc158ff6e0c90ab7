"""Routes of the review queue and the exceptions."""

from django.urls import path

from portal.review import (
    confirm_views,
    item_views,
    saved_filter_views,
    withdrawal_views,
)
from portal.review import (
    views as review,
)

urlpatterns = [
    path("review/", review.queue, name="review"),
    path("review/batch/", review.batch, name="review_batch"),
    path("review/batch/back/", withdrawal_views.batch_back, name="review_batch_back"),
    path("review/filters/", saved_filter_views.save, name="review_filter_save"),
    path(
        "review/filters/<uuid:pk>/remove/", saved_filter_views.remove, name="review_filter_remove"
    ),
    path("review/<uuid:item_id>/", review.item, name="review_item"),
    path("review/<uuid:item_id>/confirm/", confirm_views.confirm, name="review_confirm"),
    path("review/<uuid:item_id>/comment/", item_views.comment, name="review_comment"),
    path("review/<uuid:item_id>/decide/", review.decide, name="review_decide"),
    path("review/<uuid:item_id>/difference/", item_views.difference, name="review_difference"),
    path("review/<uuid:item_id>/forms/<uuid:proposal_id>/", item_views.filled, name="review_form"),
    path(
        "review/<uuid:item_id>/forms/<uuid:proposal_id>/picture/",
        item_views.filled_picture,
        name="review_form_picture",
    ),
    path("review/<uuid:item_id>/here/", item_views.here, name="review_here"),
    path("review/<uuid:item_id>/later/", review.later, name="review_later"),
    path("review/<uuid:item_id>/undo/", review.undo, name="review_undo"),
    path("review/<uuid:item_id>/back/", withdrawal_views.back, name="review_back"),
    path("exceptions/", review.exceptions, name="exceptions"),
]
