"""Notice to a person whom a colleague mentioned in a comment on an item."""

from approvals.models import Comment
from approvals.review.comments import mentionable
from approvals.rules.phrases import spelled_out
from audit.verbs import Verb
from portal.notices.item_mail import item_letter
from portal.notices.kinds import Letter, NotWanted
from portal.notices.mentions import waits
from portal.notices.models import Notice

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice of a comment.

    Raises NotWanted where the item no longer waits, or the person has left or answered.
    """
    found = Comment.objects.select_related("item", "by").filter(pk=notice.object_id).first()
    if found is None or not waits(found):
        raise NotWanted("It was decided, or its time is over.")
    person = mentionable().filter(user__email=notice.to, user_id__in=found.asks).first()
    if person is None:
        raise NotWanted("They do not belong to the business any more.")
    if Comment.objects.filter(item=found.item, by=person.user_id, at__gt=found.at).exists():
        raise NotWanted("They have answered.")
    verb = "asks you" if found.item.status == "waiting" else "sent you this"
    return item_letter(
        found.item, f"{found.by} {verb}", f"{found.by} {verb}: {spelled_out(found.text)}"
    )
