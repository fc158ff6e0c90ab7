"""What this app does with rows of the outbox."""

from audit import outbox


def register() -> None:
    """Take the topics of this app."""
    from approvals.services import commenting, moments, stranded
    from portal import notices
    from portal.notices import arriving, asking, colleagues, owing, sending
    from portal.reports import calendar
    from workflows.triggers import alarms

    outbox.register(moments.REMINDED, outbox.Does(asking.reminded))
    outbox.register(moments.ESCALATED, outbox.Does(asking.escalated))
    outbox.register(commenting.ASKED, outbox.Does(colleagues.asked))
    outbox.register(stranded.STRANDED, outbox.Does(asking.stranded))
    outbox.register(alarms.FAILING, outbox.Does(notices.mailbox_failing))
    outbox.register(arriving.TOPIC, outbox.Does(arriving.look))
    outbox.register(owing.TOPIC, outbox.Does(sending.send, sending.given_up))
    outbox.register(calendar.REPORT, outbox.Does(calendar.report_due))
    outbox.register(calendar.SEAL, outbox.Does(calendar.seal_due))
