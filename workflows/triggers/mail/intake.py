"""Intake of mails: store one row for each mail, and start a run where the mail is a request."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import DataError, transaction

from tenants import clock
from tenants.errors import DomainError
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from tenants.text.plain_text import is_blank
from workflows.models import InboundMail, Mailbox, Run, Trigger
from workflows.services.runs import own_key, start_run
from workflows.triggers.mail import auto_replies, imap, mime
from workflows.triggers.mail.brake import SenderLimit
from workflows.triggers.starting import STARTER

LONGEST_ASKED_BY = 160  # characters
SENT_BY = ", sent by "


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """Mail as it was read; ``refused`` says why it could not be read."""

    uid: int
    mail: mime.Mail | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class PollResult:
    """Result of polling a mailbox: what was fetched, with its mails read."""

    fetched: imap.Fetched
    new: tuple[ReceivedMail, ...] = ()
    waiting: tuple[ReceivedMail, ...] = ()  # mails that an earlier poll let wait


def read_mails(fetched: imap.Fetched) -> PollResult:
    """Read the mails of a poll, with no transaction open, because parsing may take long."""
    waiting = tuple(map(_read_mail, fetched.waiting))
    return PollResult(fetched, tuple(map(_read_mail, fetched.mails)), waiting)


def _read_mail(raw: imap.Raw) -> ReceivedMail:
    if raw.is_gone:
        return ReceivedMail(raw.uid, None, "It was gone from the mailbox before its turn.")
    try:
        return ReceivedMail(raw.uid, mime.read(raw.content))
    except mime.UnreadableMail as error:
        return ReceivedMail(raw.uid, None, str(error)[:300])


def take_in_mails(mailbox: Mailbox, trigger: Trigger, result: PollResult) -> None:
    """Store a row for each mail of a poll, and start a run from each that is a request.

    The mailbox must be locked.
    """
    if not result.waiting and not result.new:
        return
    uidvalidity = result.fetched.uidvalidity
    known = InboundMail.objects.filter(mailbox=mailbox, uidvalidity=uidvalidity)
    uids = [received.uid for received in (*result.waiting, *result.new)]
    seen = {row.uid: row for row in known.filter(uid__in=uids)}
    intake = Intake(trigger, set(_own_addresses(mailbox)), SenderLimit(mailbox))
    for received in result.waiting:
        row = seen.get(received.uid)
        if row is not None and row.outcome == "waiting":
            intake.limit.stop_waiting(row)
            _take_in_mail(row, received, intake, is_next=True)
            row.save(force_update=True)
    for received in result.new:
        if received.uid not in seen:
            row = InboundMail(
                id=uuid7(), mailbox=mailbox, uidvalidity=uidvalidity, uid=received.uid
            )
            _take_in_mail(row, received, intake)
            row.save(force_insert=True)


@dataclass(frozen=True, slots=True)
class Intake:
    """Trigger, own addresses and sender limit with which the mails of one poll are taken in.

    ``own`` are the addresses that we write from.
    """

    trigger: Trigger
    own: set[str]
    limit: SenderLimit


def _own_addresses(mailbox: Mailbox) -> Iterator[str]:
    """Yield the addresses that we write from: answering them would answer ourselves."""
    yield from (mailbox.address, mailbox.username, settings.DEFAULT_FROM_EMAIL)
    yield Tenant.objects.get(pk=current_tenant_id()).sends_from


def _take_in_mail(
    row: InboundMail, received: ReceivedMail, intake: Intake, *, is_next: bool = False
) -> None:
    mail = received.mail
    if mail is None:
        row.outcome, row.why, row.seen_at = "refused", received.refused, clock.now()
        return
    answered = auto_replies.reply_address(mail.sender, mail.reply_to, intake.own)
    row.sender, row.subject, row.message_id = (
        mail.sender.lower(),
        mail.subject[:200],
        mail.message_id,
    )
    row.reply_to = answered.lower() if answered.lower() != row.sender else ""
    # By the mail's content, not by its UID: a renumbered mailbox starts nothing twice.
    key = own_key("mail", row.mailbox_id, mail.key)
    if why := _why_ignored(mail, key, intake.own):
        row.outcome, row.why = "ignored", why
    elif is_blank(mail.text):
        row.outcome, row.why = "refused", "It has no text that we can read. Look into the mailbox."
    elif why := intake.limit.why_wait(row, is_next=is_next):
        row.outcome, row.why = "waiting", why[:300]
        intake.limit.count_mail(row)
        return
    else:
        _start(row, mail, answered, key, intake.trigger)
    row.seen_at = clock.now()
    intake.limit.count_mail(row)


def _why_ignored(mail: mime.Mail, key: str, own: set[str]) -> str:
    ours = f"@{settings.MAIL_DOMAIN}>"
    if mail.message_id.lower().endswith(ours.lower()):
        return "It was sent by us."
    why = auto_replies.why_ignored(
        lambda name: mail.headers.get(name, ""), mail.sender, own, mail.content_type
    )
    # The key without its space too: older runs have it so.
    known = Run.objects.filter(idempotency_key__in=(key, key.strip()), trigger="mail")
    return why or ("The same mail came before." if known.exists() else "")


def asked_by(answered: str, sender: str) -> str:
    """Return the requester of a mail's run, for people: the reply address, and the sender if other.

    Both come from strangers and are cut in the middle, so that a long one can't push the other out
    of sight.
    """
    if answered.lower() == sender.lower():
        return answered[:LONGEST_ASKED_BY]
    most = (LONGEST_ASKED_BY - len(SENT_BY)) // 2
    return f"{_short(answered, most)}{SENT_BY}{_short(sender, most)}"


def _short(address: str, most: int) -> str:
    half = (most - 1) // 2
    return address if len(address) <= most else f"{address[:half]}…{address[-half:]}"


def _start(row: InboundMail, mail: mime.Mail, answered: str, key: str, trigger: Trigger) -> None:
    given = {
        "from": answered,
        "subject": mail.subject,
        "message": mail.text,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "attachments": list(mail.attachments),
    }
    if row.reply_to:
        given["sent_by"] = mail.sender
    try:
        # A savepoint for each mail: one that can't be kept must not undo the others.
        with transaction.atomic():
            run, _ = start_run(
                trigger.workflow,
                input=trigger.input | given,
                trigger="mail",
                actor=STARTER,
                asked_by=asked_by(answered, mail.sender),
                idempotency_key=key,
            )
    except (DomainError, DataError) as error:
        # Too large, or with bytes that can't be kept: this mail is refused, the others go on.
        message = error.message if isinstance(error, DomainError) else "It can't be kept."
        row.outcome, row.why = "refused", message[:300]
        Trigger.objects.filter(pk=trigger.pk).update(problem=message, problem_at=clock.now())
        return
    row.outcome, row.why, row.run_id = "started", "", run.pk
    Trigger.objects.filter(pk=trigger.pk).update(last_at=clock.now(), last_run_id=run.pk)
