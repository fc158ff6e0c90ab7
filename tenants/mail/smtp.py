"""One mail is handed to the mail server, and the result says whether it was sent.

SMTP has no idempotency key. So a mail that was surely not sent is told apart from one that may have
been: only a connection lost after the message data was begun is in doubt.
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
# Headers of mails no person wrote, so that automatic responders don't answer them (RFC 3834).
BY_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class DeliveryStatus(StrEnum):
    """The status of a mail after a try to send it."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The status of a mail, and why it was not sent.

    ``is_about_address``: the server refuses the recipient's address.
    """

    status: DeliveryStatus
    why: str = ""
    is_about_address: bool = False


def from_line(name: str, address: str) -> str:
    """Return a From header of a name and an address, quoted as needed. Raises ValueError."""
    former, plain = parseaddr(address)
    return str(Address(" ".join((name or former).split()), addr_spec=plain or address))


def deliver_mail(message: EmailMessage, *, timeout: float = TIMEOUT) -> SendResult:
    """Send one mail to one person and return the result. A server's failure does not raise."""
    try:
        message.message().as_bytes()
    except Exception as error:  # addresses and headers break the library in many ways
        return SendResult(
            DeliveryStatus.REFUSED, f"This can't be written as a mail: {str(error)[:200]}"
        )
    connection = get_connection(timeout=timeout)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return SendResult(DeliveryStatus.NOT_NOW, f"{NOT_REACHED}: {error}")
    began = _watch_data(connection)
    try:
        if connection.send_messages([message]) != 1:
            return SendResult(DeliveryStatus.REFUSED, "The mail names nobody to send it to.")
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        return _result_of_answer(error)
    except smtplib.SMTPNotSupportedError as error:
        return SendResult(DeliveryStatus.REFUSED, f"The mail server can't send this: {error}")
    except (OSError, smtplib.SMTPException) as error:
        if began == [False]:
            return SendResult(
                DeliveryStatus.NOT_NOW, f"The mail server went away before the mail: {error}"
            )
        return SendResult(
            DeliveryStatus.IN_DOUBT, f"The mail server went away while sending: {error}"
        )
    except ValueError as error:
        # An address or line that SMTP can't carry: raised before the message data.
        return SendResult(DeliveryStatus.REFUSED, f"This can't be sent as a mail: {error}", True)
    finally:
        # The mail was taken or not; an error of closing changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.close()
    return SendResult(DeliveryStatus.SENT)


def _watch_data(connection: Any) -> list[bool]:
    """Return a list with one entry, whether the data was begun; empty if that is unknown."""
    client = getattr(connection, "connection", None)
    if not isinstance(client, smtplib.SMTP):
        return []
    began, data = [False], client.data

    def watched(message: Any) -> tuple[int, bytes]:
        began[0] = True
        return data(message)

    client.data = watched  # type: ignore[assignment, method-assign]
    return began


def _result_of_answer(error: smtplib.SMTPException) -> SendResult:
    """Return the result of the server's negative answer; after 4xx the mail may be tried again."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        assert isinstance(error, smtplib.SMTPResponseException)
        code, said = error.smtp_code, error.smtp_error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    # -1 is no answer: the connection was cut.
    status = (
        DeliveryStatus.NOT_NOW
        if 400 <= code < 500
        else DeliveryStatus.IN_DOUBT
        if code < 0
        else DeliveryStatus.REFUSED
    )
    about = isinstance(error, smtplib.SMTPRecipientsRefused) and status is DeliveryStatus.REFUSED
    return SendResult(status, f"The mail server refused the mail: {code} {text}", about)
