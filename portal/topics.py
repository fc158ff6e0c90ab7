"""What this app does with rows of the outbox."""

from approvals.decisions import deadlines
from approvals.policies import orphans
from approvals.review import comments
from audit import outbox
from portal import notices, periodic
from portal.notices import enqueue, item_events, mentions, new_items, sending
from workflows.triggers.mail import alarms


def register() -> None:
    """Take the topics of this app."""
    outbox.register(deadlines.REMINDED, outbox.Does(item_events.reminded))
    outbox.register(deadlines.ESCALATED, outbox.Does(item_events.escalated))
    outbox.register(comments.ASKED, outbox.Does(mentions.asked))
    outbox.register(orphans.STRANDED, outbox.Does(item_events.stranded))
    outbox.register(alarms.FAILING, outbox.Does(notices.mailbox_failing))
    outbox.register(new_items.TOPIC, outbox.Does(new_items.look))
    outbox.register(enqueue.TOPIC, outbox.Does(sending.send, sending.given_up))
    outbox.register(periodic.REPORT, outbox.Does(periodic.report_due))
    outbox.register(periodic.SEAL, outbox.Does(periodic.seal_due))
