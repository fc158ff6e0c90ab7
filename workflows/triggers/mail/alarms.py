"""Telling people that a mailbox can't be read, once, and that it can again."""

from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from workflows.models import Mailbox

FAILING = "mailbox.failing"  # handled by the portal, which writes to the owner
ALARM_AFTER = 3  # failed looks


def report_failing(mailbox: Mailbox, problem: str, failures: int) -> None:
    """Raise the alarm at the third failed look in a row."""
    if failures < ALARM_AFTER or mailbox.alarmed_at is not None:
        return
    Mailbox.objects.filter(pk=mailbox.pk).update(alarmed_at=clock.now())
    record(Verb.MAILBOX_FAILING, mailbox, actor=SYSTEM, after={"problem": problem})
    outbox.enqueue(FAILING, mailbox.pk)


def record_recovery(mailbox: Mailbox) -> None:
    """Record the end of an alarm."""
    if mailbox.alarmed_at is not None:
        record(Verb.MAILBOX_WORKS, mailbox, actor=SYSTEM)
