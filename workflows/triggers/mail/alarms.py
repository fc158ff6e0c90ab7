"""Alarms of a mailbox: raised once when it can't be read, and recorded when it works again."""

from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from workflows.models import Mailbox

FAILING = "mailbox.failing"  # handled by the portal, which writes to the owner
ALARM_AFTER = 3  # failed polls in a row


def report_failing(mailbox: Mailbox, problem: str, failures: int) -> None:
    """Raise a mailbox's alarm at the third failed poll in a row."""
    if failures < ALARM_AFTER or mailbox.alarmed_at is not None:
        return
    Mailbox.objects.filter(pk=mailbox.pk).update(alarmed_at=clock.now())
    record(Verb.MAILBOX_FAILING, mailbox, actor=SYSTEM, after={"problem": problem})
    outbox.enqueue(FAILING, mailbox.pk)


def record_recovery(mailbox: Mailbox) -> None:
    """Record the end of a mailbox's alarm, if there is one."""
    if mailbox.alarmed_at is not None:
        record(Verb.MAILBOX_WORKS, mailbox, actor=SYSTEM)
