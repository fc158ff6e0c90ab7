"""Mail that no person may decide an item, to those who can change that."""

from audit.verbs import Verb
from portal.notices.item_mail import item_letter, item_of_notice
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice

SENT = Verb.MAIL_SENT
WHY = (
    "Nobody may decide this: those your policy names have left, changed role or are set apart. "
    "Change the policy, or make somebody an approver."
)


def write(notice: Notice) -> Letter:
    """Write the mail. Raises NotWanted where a person may decide the item again."""
    item = item_of_notice(notice)
    if item.stranded_at is None:
        raise NotWanted("Somebody may decide it again.")
    return item_letter(item, "nobody may decide", WHY)
