"""What this app does with rows of the outbox."""

from audit import outbox


def register() -> None:
    """Take the topics of this app."""
    from portal import notices
    from portal.notices import owing, sending
    from portal.reports import calendar
    from workflows.triggers import alarms

    outbox.register(alarms.FAILING, outbox.Does(notices.mailbox_failing))
    outbox.register(owing.TOPIC, outbox.Does(sending.send, sending.given_up))
    outbox.register(calendar.REPORT, outbox.Does(calendar.report_due))
    outbox.register(calendar.SEAL, outbox.Does(calendar.seal_due))
