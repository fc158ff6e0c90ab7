"""The review queue and the exceptions."""

from django.urls import path

from portal.views import confirming, item_parts, review, saved, taking_back

urlpatterns = [
    path("review/", review.queue, name="review"),
    path("review/batch/", review.batch, name="review_batch"),
    path("review/batch/back/", taking_back.batch_back, name="review_batch_back"),
    path("review/filters/", saved.save, name="review_filter_save"),
    path("review/filters/<uuid:pk>/remove/", saved.remove, name="review_filter_remove"),
    path("review/<uuid:item_id>/", review.item, name="review_item"),
    path("review/<uuid:item_id>/confirm/", confirming.confirm, name="review_confirm"),
    path("review/<uuid:item_id>/comment/", item_parts.comment, name="review_comment"),
    path("review/<uuid:item_id>/decide/", review.decide, name="review_decide"),
    path("review/<uuid:item_id>/difference/", item_parts.difference, name="review_difference"),
    path("review/<uuid:item_id>/here/", item_parts.here, name="review_here"),
    path("review/<uuid:item_id>/later/", review.later, name="review_later"),
    path("review/<uuid:item_id>/undo/", review.undo, name="review_undo"),
    path("review/<uuid:item_id>/back/", taking_back.back, name="review_back"),
    path("exceptions/", review.exceptions, name="exceptions"),
]
