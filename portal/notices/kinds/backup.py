"""Notice to the backup of a policy, when an item was not decided in time."""

from audit.verbs import Verb
from portal.notices.item_mail import for_decider, item_letter
from portal.notices.kinds import Letter
from portal.notices.models import Notice

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice. Raises NotWanted unless the item waits and the person may decide it."""
    return item_letter(
        for_decider(notice),
        "you are asked too",
        "Nobody has decided this yet, so you are asked too.",
    )
