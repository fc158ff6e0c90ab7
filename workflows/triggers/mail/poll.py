"""Polls of mailboxes: claim the job, fetch mails with no transaction open, start their runs.

A mail starts one run: its UID has one row here, and its Message-ID is the run's key. Nothing is
marked in the mailbox. The high-water mark moves in the transaction that starts the runs, so a
worker that crashed before it reads the same mails again and starts nothing twice.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Max, Min

from audit import outbox
from audit.worker import schedule
from tenants import clock
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from tenants.services.keys import reveal_secret
from workflows.models import InboundMail, Mailbox, Trigger
from workflows.services.triggers import WAKE
from workflows.triggers.mail import alarms, brake, imap
from workflows.triggers.mail.intake import PollResult, read_mails, take_in_mails
from workflows.triggers.mail.mailboxes import POLL
from workflows.triggers.starting import is_stopped

RECHECK_AFTER = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
# How far back mail is read again after a server numbered its mails anew.
OVERLAP = timedelta(days=1)


def register() -> None:
    """Register the handlers of polls and of newly published mailboxes."""
    outbox.register(POLL, outbox.FunctionHandler(poll_mailbox, note_poll_failure))
    outbox.register(WAKE, outbox.FunctionHandler(begin_polling))


def begin_polling(claim: outbox.Claim) -> None:
    """Handler of ``mailbox.wake``: poll a mailbox whose workflow was published."""
    schedule.set_due(POLL, claim.object_id, clock.now())


def poll_mailbox(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``mailbox.poll``: return the job that polls a mailbox.

    None where no workflow starts from the mailbox and no person requested a poll.
    """
    mailbox = Mailbox.objects.filter(pk=claim.object_id).first()
    if mailbox is None:
        return None
    trigger = Trigger.objects.filter(mailbox=mailbox).select_related("workflow").first()
    if mailbox.check_asked_at is None:
        if trigger is None:
            return None
        if is_stopped(trigger.workflow):
            return outbox.Postpone(RECHECK_AFTER)
    try:
        address = _address(mailbox)
    except DomainError as error:
        return outbox.Postpone(_record_failure(mailbox, error.message))
    waiting = brake.uids_within_limit(mailbox, imap.BATCH) if trigger is not None else ()
    mark = imap.Mark(mailbox.uidvalidity, mailbox.last_uid, mailbox.reads_from, waiting)
    return PollJob(claim, mailbox.pk, address, mark)


def _address(mailbox: Mailbox) -> imap.ImapAddress:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    imap.check_mail_host(mailbox.host, mailbox.port, mailbox.security, tenant.allowed_hosts)
    return imap.ImapAddress(
        host=mailbox.host,
        port=mailbox.port,
        security=mailbox.security,
        username=mailbox.username,
        password=reveal_secret(mailbox.secret),
        folder=mailbox.folder,
    )


@dataclass(frozen=True, slots=True)
class PollJob:
    """Job of one poll of a mailbox."""

    claim: outbox.Claim
    mailbox_id: UUID
    address: imap.ImapAddress
    mark: imap.Mark

    def perform(self) -> PollResult:
        """Fetch mails from the server and read them."""
        return read_mails(imap.fetch(self.address, self.mark))

    def store_result(self, outcome: object) -> None:
        """Start the runs of the mails, move the mark, and set the next poll's time."""
        assert isinstance(outcome, PollResult)
        # Locked: a change of the mailbox meanwhile would move the mark under this result.
        mailbox = Mailbox.objects.select_for_update().get(pk=self.mailbox_id)
        if (mailbox.uidvalidity, mailbox.last_uid) != (self.mark.uidvalidity, self.mark.last_uid):
            wait = timedelta(0)  # the mailbox was changed to another meanwhile: fetch anew
        elif outcome.fetched.problem:
            wait = _record_failure(mailbox, outcome.fetched.problem)
        else:
            wait = _store_mails(mailbox, outcome)
        schedule.set_due(POLL, mailbox.pk, clock.now() + wait)


def _store_mails(mailbox: Mailbox, result: PollResult) -> timedelta:
    """Store the mails of a poll that worked, and return the wait until the next."""
    fetched = result.fetched
    trigger = Trigger.objects.filter(mailbox=mailbox).select_related("workflow").first()
    # Without a workflow that may start, this poll was a person's test: the mail is left for later.
    takes = trigger is not None and not is_stopped(trigger.workflow)
    changes: dict[str, object] = {}
    again = takes and fetched.more
    if takes and mailbox.uidvalidity not in (None, fetched.uidvalidity):
        changes = _restart_reading(mailbox, fetched.uidvalidity)
        again = True
    elif trigger is not None and takes:
        take_in_mails(mailbox, trigger, result)
        changes = {"uidvalidity": fetched.uidvalidity, "last_uid": fetched.last_uid}
    now = clock.now()
    if mailbox.problem:
        alarms.record_recovery(mailbox)
    changes |= {"looked_at": now, "worked_at": now, "failures": 0, "problem": ""}
    Mailbox.objects.filter(pk=mailbox.pk).update(**changes, alarmed_at=None, check_asked_at=None)
    return timedelta(0) if again else timedelta(seconds=mailbox.every)


def _restart_reading(mailbox: Mailbox, uidvalidity: int) -> dict[str, object]:
    """Return the fields that restart reading a little before the last known mail.

    For a server that numbers its mails anew (another UIDVALIDITY). Waiting mails are read again.
    """
    rows = InboundMail.objects.filter(mailbox=mailbox)
    last = rows.aggregate(at=Max("seen_at"))["at"]
    waits = rows.filter(outcome="waiting").aggregate(at=Min("seen_at"))["at"]
    since = min(last, waits or last) - OVERLAP if last else mailbox.reads_from
    since = max(mailbox.reads_from, since)
    brake.ignore_waiting(mailbox, why="It is read again: the server numbers its mails anew.")
    return {"uidvalidity": uidvalidity, "last_uid": 0, "reads_from": since}


def _record_failure(mailbox: Mailbox, problem: str) -> timedelta:
    """Store the problem of a poll that failed, and return the wait until the next."""
    failures = mailbox.failures + 1
    alarms.report_failing(mailbox, problem, failures)
    Mailbox.objects.filter(pk=mailbox.pk).update(
        looked_at=clock.now(), failures=failures, problem=problem, check_asked_at=None
    )
    # Twice the interval after each failure, up to LONGEST_WAIT or the interval itself.
    patience = timedelta(seconds=mailbox.every << min(failures - 1, 8))
    return min(patience, max(LONGEST_WAIT, timedelta(seconds=mailbox.every)))


def note_poll_failure(claim: outbox.Claim, error: str) -> None:
    """Store a failed poll for a mailbox whose job failed again and again, and poll later."""
    mailbox = Mailbox.objects.filter(pk=claim.object_id).first()
    if mailbox is not None:
        wait = _record_failure(mailbox, f"What came could not be taken in: {error[:300]}")
        schedule.set_due(POLL, mailbox.pk, clock.now() + max(wait, RECHECK_AFTER))
