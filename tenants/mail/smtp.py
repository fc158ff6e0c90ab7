"""Handing one mail to the mail server, and knowing what became of it.

SMTP takes no idempotency key. So what was surely not sent is told apart from what nobody knows:
a connection that is lost after the mail itself was begun is in doubt, and nothing before is.
"""

import contextlib
import smtplib
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

from django.core.mail import EmailMessage, get_connection

TIMEOUT = 20  # seconds
NOT_REACHED = "The mail server can't be reached"
# Of mails that no person wrote: programs that answer by themselves leave them alone (RFC 3834).
BY_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class Fate(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Handed:
    """The fate of a mail, and why where it was not sent.

    ``is_about_address``: the server does not take mail for whom it goes to.
    """

    fate: Fate
    why: str = ""
    is_about_address: bool = False


def from_line(name: str, address: str) -> str:
    """A From header of a name and an address, quoted as it must be. Raises ValueError."""
    former, plain = parseaddr(address)
    return str(Address(" ".join((name or former).split()), addr_spec=plain or address))


def hand_over(message: EmailMessage, *, timeout: float = TIMEOUT) -> Handed:
    """Send one mail to one person. Never raises for what a mail server may do."""
    try:
        message.message().as_bytes()
    except Exception as error:  # addresses and headers break the library in many ways
        return Handed(Fate.REFUSED, f"This can't be written as a mail: {str(error)[:200]}")
    connection = get_connection(timeout=timeout)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Handed(Fate.NOT_NOW, f"{NOT_REACHED}: {error}")
    began = _watch(connection)
    try:
        if connection.send_messages([message]) != 1:
            return Handed(Fate.REFUSED, "The mail names nobody to send it to.")
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        return _answered(error)
    except smtplib.SMTPNotSupportedError as error:
        return Handed(Fate.REFUSED, f"The mail server can't send this: {error}")
    except (OSError, smtplib.SMTPException) as error:
        if began == [False]:
            return Handed(Fate.NOT_NOW, f"The mail server went away before the mail: {error}")
        return Handed(Fate.IN_DOUBT, f"The mail server went away while sending: {error}")
    except ValueError as error:
        # An address or a line that can't be said to the server: it comes before the mail itself.
        return Handed(Fate.REFUSED, f"This can't be sent as a mail: {error}", True)
    finally:
        # It took the mail or did not; how it says goodbye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.close()
    return Handed(Fate.SENT)


def _watch(connection: Any) -> list[bool]:
    """Whether the mail itself was begun, as the only entry; empty where that can't be seen."""
    client = getattr(connection, "connection", None)
    if not isinstance(client, smtplib.SMTP):
        return []
    began, data = [False], client.data

    def watched(message: Any) -> tuple[int, bytes]:
        began[0] = True
        return data(message)

    client.data = watched  # type: ignore[assignment, method-assign]
    return began


def _answered(error: smtplib.SMTPException) -> Handed:
    """The server answered, so the mail was not taken; 4xx asks to come back."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        assert isinstance(error, smtplib.SMTPResponseException)
        code, said = error.smtp_code, error.smtp_error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    # -1 is no answer: the line was cut.
    fate = Fate.NOT_NOW if 400 <= code < 500 else Fate.IN_DOUBT if code < 0 else Fate.REFUSED
    about = isinstance(error, smtplib.SMTPRecipientsRefused) and fate is Fate.REFUSED
    return Handed(fate, f"The mail server refused the mail: {code} {text}", about)
