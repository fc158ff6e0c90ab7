"""Notice that half of an item's time is over, to a person who may decide it."""

from audit.verbs import Verb
from portal.notices.item_mail import for_decider, item_letter
from portal.notices.kinds import Letter
from portal.notices.models import Notice

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice. Raises NotWanted unless the item waits and the person may decide it."""
    return item_letter(
        for_decider(notice), "waits for you", "Half the time to decide this is over."
    )
