"""Taking in what came by mail: one row a mail, and a run where it is a request."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DataError, transaction

from tenants import clock
from tenants.errors import DomainError
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from workflows.models import Run
from workflows.services.runs import own_key, start_run
from workflows.triggers import imap, loops, mime
from workflows.triggers.models import InboundMail, Mailbox, Trigger
from workflows.triggers.starting import STARTER

# Two machines that answer each other say none of it in their headers sometimes.
MOST_AN_HOUR = 20  # runs from one sender


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it was read; ``refused`` says why it could not be."""

    uid: int
    mail: mime.Mail | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look into a mailbox brought, its mails read."""

    fetched: imap.Fetched
    letters: tuple[Letter, ...] = ()


def read_all(fetched: imap.Fetched) -> Looked:
    """Read the mails of a look. No transaction is open: a mail may take its time."""
    return Looked(fetched, tuple(map(_letter, fetched.mails)))


def _letter(raw: imap.Raw) -> Letter:
    try:
        return Letter(raw.uid, mime.read(raw.content))
    except mime.Unreadable as error:
        return Letter(raw.uid, None, str(error)[:300])


def take_in(mailbox: Mailbox, trigger: Trigger, looked: Looked) -> None:
    """Start a run from each mail that is a request; the mailbox is locked."""
    uidvalidity = looked.fetched.uidvalidity
    known = InboundMail.objects.filter(mailbox=mailbox, uidvalidity=uidvalidity)
    uids = [letter.uid for letter in looked.letters]
    seen = set(known.filter(uid__in=uids).values_list("uid", flat=True))
    own = set(_own(mailbox))
    for letter in looked.letters:
        if letter.uid not in seen:
            row = InboundMail(
                id=uuid7(),
                mailbox=mailbox,
                uidvalidity=uidvalidity,
                uid=letter.uid,
                seen_at=clock.now(),
            )
            _take(row, letter, trigger, own)
            row.save(force_insert=True)


def _own(mailbox: Mailbox) -> Iterator[str]:
    """Addresses that we write from: answering them would answer ourselves."""
    yield from (mailbox.address, mailbox.username, settings.DEFAULT_FROM_EMAIL)
    yield Tenant.objects.get(pk=current_tenant_id()).sends_from


def _take(row: InboundMail, letter: Letter, trigger: Trigger, own: set[str]) -> None:
    mail = letter.mail
    if mail is None:
        row.outcome, row.why = "refused", letter.refused
        return
    row.sender, row.subject, row.message_id = mail.sender, mail.subject[:200], mail.message_id
    if why := _why_not(mail, row, own):
        row.outcome, row.why = "ignored", why
        return
    _start(row, mail, trigger)


def _why_not(mail: mime.Mail, row: InboundMail, own: set[str]) -> str:
    ours = f"@{settings.MAIL_DOMAIN}>"
    if mail.message_id.lower().endswith(ours.lower()):
        return "It was sent by us."
    why = loops.why_ignored(
        lambda name: mail.headers.get(name, ""), mail.sender, own, mail.content_type
    )
    if why:
        return why
    lately = clock.now() - timedelta(hours=1)
    same = InboundMail.objects.filter(
        mailbox=row.mailbox, sender=mail.sender, seen_at__gt=lately, outcome="started"
    )
    if same[:MOST_AN_HOUR].count() >= MOST_AN_HOUR:
        return f"{mail.sender} wrote {MOST_AN_HOUR} times within an hour. It may be a machine."
    return ""


def _start(row: InboundMail, mail: mime.Mail, trigger: Trigger) -> None:
    key = own_key("mail", row.mailbox_id, mail.key)
    # Without the space: runs from before our keys had a space of their own.
    if Run.objects.filter(idempotency_key__in=(key, key.strip()), trigger="mail").exists():
        row.outcome, row.why = "ignored", "The same mail came before."
        return
    given = {
        "from": mail.sender,
        "subject": mail.subject,
        "message": mail.text,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "attachments": list(mail.attachments),
    }
    try:
        with transaction.atomic():
            run, _ = start_run(
                trigger.workflow,
                input=trigger.input | given,
                trigger="mail",
                actor=STARTER,
                asked_by=mail.sender,
                idempotency_key=key,
            )
    except (DomainError, DataError) as error:
        # Bytes that can't be kept, or too many: this mail is refused, the rest goes on.
        message = error.message if isinstance(error, DomainError) else "It can't be kept."
        row.outcome, row.why = "refused", message[:300]
        Trigger.objects.filter(pk=trigger.pk).update(problem=message, problem_at=clock.now())
        return
    row.outcome, row.run_id = "started", run.pk
    Trigger.objects.filter(pk=trigger.pk).update(last_at=clock.now(), last_run_id=run.pk)
