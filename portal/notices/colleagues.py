"""Telling people that a colleague asked them about an item."""

from approvals.models import Comment, ReviewItem
from approvals.services.commenting import members
from audit import outbox
from portal.notices.owing import owe_notice


def asked(debt: outbox.Debt) -> None:
    """Handler of ``item.asked``: one mail to each who was asked and is here still."""
    comment = Comment.objects.filter(pk=debt.object_id).first()
    if comment is None or not waits(comment):
        return
    for one in members().filter(user_id__in=comment.asks):
        key = f"asked:{comment.pk}:{one.user_id}"
        owe_notice("asked", key=key, to=one.user.email, object_id=comment.pk, person=one.user_id)


def waits(comment: Comment) -> bool:
    """Whether the item it is about waits still."""
    return ReviewItem.objects.shown().filter(pk=comment.item_id, status="waiting").exists()
