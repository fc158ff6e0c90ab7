"""Telling people that a colleague asked them about an item."""

from datetime import timedelta

from approvals.models import Comment, ReviewItem
from approvals.review.comments import allows_comments, mentionable
from audit import outbox
from portal.notices.batching import MOST
from portal.notices.enqueue import enqueue_notice
from portal.notices.models import Notice, NoticePreference
from portal.notices.new_items import lately, one_at_a_time
from tenants import clock
from tenants.models import Membership

LATER = timedelta(minutes=5)  # for who was interrupted as often as they want


def notify_mentioned(debt: outbox.Claim) -> outbox.Postpone | None:
    """Handler of ``item.asked``: one notice to each who was asked and is here still.

    It counts toward the hour's limit of that person like any other; beyond it, it waits.
    """
    comment = Comment.objects.filter(pk=debt.object_id).first()
    if comment is None or not waits(comment):
        return None
    one_at_a_time()  # two questions at once must not both take the last place
    told = set(Notice.objects.filter(kind="asked", object_id=comment.pk).values_list("to"))
    people = [
        one for one in mentionable().filter(user_id__in=comment.asks) if not _is_in(one, told)
    ]
    free = _with_room(people)
    for one in free:
        key = f"asked:{comment.pk}:{one.user_id}"
        enqueue_notice(
            "asked", key=key, to=one.user.email, object_id=comment.pk, person=one.user_id
        )
    return outbox.Postpone(LATER) if len(free) < len(people) else None


def _is_in(one: Membership, told: set[tuple[str]]) -> bool:
    return (one.user.email,) in told


def _with_room(people: list[Membership]) -> list[Membership]:
    """Those whose limit of the last hour is not reached."""
    ids = [one.user_id for one in people]
    wishes = NoticePreference.objects.filter(person_id__in=ids)
    most = dict(wishes.values_list("person_id", "most"))
    count = lately(clock.now()) if people else {}
    return [one for one in people if count.get(one.user.email, 0) < most.get(one.user_id, MOST)]


def waits(comment: Comment) -> bool:
    """Whether the item it is about waits still, or was sent to them."""
    found = ReviewItem.objects.shown().filter(pk=comment.item_id).first()
    return found is not None and allows_comments(found)
