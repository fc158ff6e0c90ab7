"""mail: an e-mail from the tenant's address, as plain text."""

import re
import smtplib
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from approvals.hidden_characters import is_blank
from tenants.errors import Invalid
from tenants.models import Tenant
from workflows.tools import Errand, ToolFailed, ToolInDoubt

NAME = "mail"
# Control characters and what else ends a line; tabs and odd spaces are the sender's own.
LINE_END = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# What the mail's reader decodes, so that it says something else than the card (RFC 2047).
ENCODED_WORD = re.compile(r"=\?[^?]*\?[bq]\?", re.IGNORECASE)
TAKES = {"to", "subject", "body"}


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid unless these arguments are one mail, to one address, as the card shows it."""
    if unknown := sorted(args.keys() - TAKES):
        raise Invalid(f"A mail has no {', '.join(unknown)}, so it would be left out.")
    to, subject = args.get("to"), args.get("subject", "")
    try:
        validate_email(to)
    except ValidationError as error:
        raise Invalid(f"“{_short(to)}” is not one e-mail address.", code="bad_email") from error
    if not _is_as_written(str(to).rpartition("@")[2]):
        raise Invalid(f"“{_short(to)}” would go to another address.", code="bad_email")
    if not isinstance(subject, str) or LINE_END.search(subject):
        raise Invalid("A mail's subject is one line of text.", code="bad_subject")
    if ENCODED_WORD.search(subject):
        raise Invalid("A mail's subject holds encoded words, which hide it.", code="bad_subject")
    body = args.get("body")
    if not isinstance(body, str) or is_blank(body):
        raise Invalid("A mail needs a text.", code="no_body")


def _is_as_written(domain: str) -> bool:
    """Whether the name that the mail server is told reads as this one, letter for letter."""
    try:
        told = domain.encode("idna").decode("idna")
    except UnicodeError:
        return False
    return told.lower() == domain.lower()


def _short(value: Any) -> str:
    return str(value)[:100]


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """The sender: the tenant's own address and name."""
    address = tenant.sends_from or django_settings.DEFAULT_FROM_EMAIL
    return {"from": f'"{tenant.name}" <{address}>'}


def carry_out(errand: Errand) -> dict[str, Any]:
    """Hand the mail to the server.

    SMTP has no idempotency key, so a connection lost after the mail was handed over
    is in doubt. The Message-ID is made from the key, for whoever looks into it.
    """
    message_id = f"<{errand.key}@{django_settings.MAIL_DOMAIN}>"
    message = _written(errand, message_id)
    connection = get_connection(timeout=errand.timeout or 20)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise ToolFailed(f"The mail server can't be reached: {error}", again=True) from error
    try:
        connection.send_messages([message])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
        raise ToolFailed(f"The mail server refused the address: {error}") from error
    except ValueError as error:
        # An address or a line that can't be said to the server: it comes before the mail itself.
        raise ToolFailed(f"This can't be sent as a mail: {error}") from error
    except smtplib.SMTPDataError as error:
        raise ToolFailed(f"The mail server refused the mail: {error}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ToolInDoubt(f"The mail server went away while sending: {error}") from error
    finally:
        connection.close()
    return {"message_id": message_id, "to": errand.args["to"]}


def _written(errand: Errand, message_id: str) -> EmailMessage:
    """The mail, tried out: what can't be written is refused before anybody is asked."""
    try:
        message = EmailMessage(
            subject=errand.args.get("subject", ""),
            body=errand.args["body"],
            from_email=errand.settings["from"],
            to=[errand.args["to"]],
            headers={"Message-ID": message_id},
        )
        message.message().as_bytes()
    except Exception as error:  # addresses and headers break the library in many ways
        raise ToolFailed(f"This can't be written as a mail: {str(error)[:200]}") from error
    return message
