"""Notice of one new item to a person who may decide it."""

from approvals import queries
from approvals.models import ReviewItem
from approvals.review.recipients import recipients_of
from audit.verbs import Verb
from portal.notices.item_mail import item_letter, item_of_notice
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.cause_words import effect_sentence
from workflows.exceptions.draft import ExceptionDraft

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice. Raises NotWanted unless the item waits and the person may decide it."""
    item = item_of_notice(notice)
    [(_, those)] = recipients_of([item], queries.people())
    if notice.person_id not in those:
        raise NotWanted("They are not asked about it any more.")
    if item.kind == "exception":
        return item_letter(item, "could not go on", _why(item))
    return item_letter(item, "waits for you", "This is new, and you may decide it.")


def _why(item: ReviewItem) -> str:
    """Return the effect of an exception on the client's work; its page says what to do."""
    raised = ExceptionDraft.read(item.draft)
    if raised.cause is None:
        return "This could not go on by itself, and you may say how it should."
    return f"{WORDS[raised.cause].means} {effect_sentence(raised.cause)}"
