"""Handing a mail to the server, and knowing what came of it."""

import contextlib
import smtplib
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from portal.notices.kinds import Letter

TIMEOUT = 20  # seconds


class Fate(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fate, the reason where it is not ``SENT``, and devices that take nothing any more."""

    fate: Fate
    why: str = ""
    gone: tuple[UUID, ...] = ()


def post(letter: Letter, *, to: str, notice_id: UUID) -> Outcome:
    """Send one mail. Never raises for what a mail server may do.

    A connection lost after the mail was begun is in doubt: SMTP takes no
    idempotency key. The Message-ID is made from the notice, for whoever looks.
    """
    connection = get_connection(timeout=TIMEOUT)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(Fate.NOT_NOW, f"The mail server can't be reached: {error}")
    try:
        connection.send_messages([_message(letter, to, notice_id)])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        return _refused(error)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(Fate.IN_DOUBT, f"The mail server went away while sending: {error}")
    except ValueError as error:
        return Outcome(Fate.REFUSED, f"The address can't be used: {error}")
    finally:
        # It took the mail or did not; how it says goodbye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.close()
    return Outcome(Fate.SENT)


def _message(letter: Letter, to: str, notice_id: UUID) -> EmailMultiAlternatives:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        from_email=str(Address(letter.sender or name, addr_spec=address)),
        to=[to],
        headers={"Message-ID": f"<{notice_id.hex}@{settings.MAIL_DOMAIN}>"},
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def _refused(error: smtplib.SMTPException) -> Outcome:
    """The server answered, so the mail was not taken; 4xx asks to come back."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        assert isinstance(error, smtplib.SMTPResponseException)
        code, said = error.smtp_code, error.smtp_error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    fate = Fate.NOT_NOW if 400 <= code < 500 else Fate.REFUSED
    return Outcome(fate, f"The mail server refused the mail: {code} {text}")
