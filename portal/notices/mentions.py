"""Notices to people whom a colleague mentions in a comment on an item."""

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

LATER = timedelta(minutes=5)  # for a person whose hourly limit is reached


def notify_mentioned(claim: outbox.Claim) -> outbox.Postpone | None:
    """Handler of ``item.asked``: enqueue a notice for each mentioned member.

    The notice counts toward the person's hourly limit; at the limit the row is postponed.
    """
    comment = Comment.objects.filter(pk=claim.object_id).first()
    if comment is None or not waits(comment):
        return None
    one_at_a_time()  # two comments at once must not both use up a person's limit
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
    """Return the people whose limit for the last hour is not reached."""
    ids = [one.user_id for one in people]
    wishes = NoticePreference.objects.filter(person_id__in=ids)
    most = dict(wishes.values_list("person_id", "most"))
    count = lately(clock.now()) if people else {}
    return [one for one in people if count.get(one.user.email, 0) < most.get(one.user_id, MOST)]


def waits(comment: Comment) -> bool:
    """Whether the comment's item still waits, or was routed to people."""
    found = ReviewItem.objects.shown().filter(pk=comment.item_id).first()
    return found is not None and allows_comments(found)
