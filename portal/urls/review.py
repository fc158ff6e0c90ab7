"""The review queue and the exceptions."""

from django.urls import path

from portal.views import review, saved

urlpatterns = [
    path("review/", review.queue, name="review"),
    path("review/batch/", review.batch, name="review_batch"),
    path("review/filters/", saved.save, name="review_filter_save"),
    path("review/filters/<uuid:pk>/remove/", saved.remove, name="review_filter_remove"),
    path("review/<uuid:item_id>/", review.item, name="review_item"),
    path("review/<uuid:item_id>/decide/", review.decide, name="review_decide"),
    path("review/<uuid:item_id>/difference/", review.difference, name="review_difference"),
    path("review/<uuid:item_id>/here/", review.here, name="review_here"),
    path("review/<uuid:item_id>/later/", review.later, name="review_later"),
    path("review/<uuid:item_id>/undo/", review.undo, name="review_undo"),
    path("exceptions/", review.exceptions, name="exceptions"),
]
