"""The notice of one new item, to somebody who may decide it."""

from approvals import reading
from approvals.addressed import addressed
from audit.verbs import Verb
from portal.models import Notice
from portal.notices.item_letter import letter, waiting
from portal.notices.kinds import Letter, NotWanted

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Only while it waits, and only to who may still decide it."""
    item = waiting(notice)
    [(_, those)] = addressed([item], reading.people())
    if notice.person_id not in those:
        raise NotWanted("They are not asked about it any more.")
    return letter(item, "waits for you", "This is new, and you may decide it.")
