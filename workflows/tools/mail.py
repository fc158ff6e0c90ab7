"""Tool adapter ``mail``: an e-mail in plain text from the tenant's address.

With ``in_reply_to``, the Message-ID of a mail that came in, it stands in that mail's thread. With
``attachments``, names of sources, the files of those sources go along.
"""

import re
from collections.abc import Iterable
from email import policy
from email.message import MIMEPart
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from approvals.rules.hidden_characters import shows_nothing
from tenants.errors import Invalid
from tenants.mail import smtp
from tenants.models import Tenant
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.tools import AttachedFile, ToolFailed, ToolInDoubt, ToolRequest
from workflows.tools.attachments import (
    ENCODED_WORD,
    attached_sources,
    check_allowed,
    check_attachments,
)

NAME = "mail"
# Control characters and line ends; tabs and odd spaces are allowed.
LINE_END = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,190}@[!-;=?-~]{1,190}>")  # RFC 5322, 3.6.4, in ASCII
ARGUMENTS = {"to", "subject", "body", "in_reply_to", "attachments"}

__all__ = ["attached_sources"]


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid unless the settings name at most the sources that may be sent along."""
    check_allowed(settings)


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid unless the arguments make one mail to one address, as reviewers see it."""
    if unknown := sorted(args.keys() - ARGUMENTS):
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
    answered = args.get("in_reply_to", "")
    if not isinstance(answered, str) or (answered and not MESSAGE_ID.fullmatch(answered)):
        raise Invalid("in_reply_to is the Message-ID of one mail, or empty.", code="bad_value")
    body = args.get("body")
    if not isinstance(body, str) or shows_nothing(body):
        raise Invalid("A mail needs a text.", code="no_body")
    # Build it once for a trial, so that a reviewer never approves a mail that can't be built.
    files = check_attachments(settings, args)
    build_mail(resolve(settings, tenant), args, "<trial@localhost>", files)


def _is_as_written(domain: str) -> bool:
    """Whether the domain that the mail server gets (IDNA) reads the same, letter for letter."""
    try:
        told = domain.encode("idna").decode("idna")
    except UnicodeError:
        return False
    return told.lower() == domain.lower()


def _short(value: Any) -> str:
    return str(value)[:100]


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return the sender: the tenant's address and name. Raises Invalid where they make none."""
    address = tenant.sends_from or django_settings.DEFAULT_FROM_EMAIL
    try:
        return {"from": smtp.from_line(tenant.name, address)}
    except Exception as error:  # addresses break the library in many ways
        raise Invalid(
            f"Mails can't be sent from “{_short(address)}”. Change the address of the business.",
            code="bad_sender",
        ) from error


def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Hand the mail to the mail server and return its Message-ID and address."""
    message_id = message_id_of(request.key)
    try:
        message = build_mail(request.settings, request.args, message_id, request.files)
    except Invalid as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error
    handed = smtp.deliver_mail(message, timeout=request.timeout or smtp.TIMEOUT)
    if handed.status is smtp.DeliveryStatus.IN_DOUBT:
        raise ToolInDoubt(handed.why)
    if handed.status is not smtp.DeliveryStatus.SENT:
        cause = Cause.ADDRESS if handed.is_about_address else Cause.MAIL_OUT
        raise ToolFailed(
            handed.why, retryable=handed.status is smtp.DeliveryStatus.NOT_NOW, cause=cause
        )
    return {"message_id": message_id, "to": request.args["to"]}


def message_id_of(key: str) -> str:
    """Return a mail's Message-ID: of the call's key, so that one in doubt can be found."""
    return f"<{key}@{django_settings.MAIL_DOMAIN}>"


def _part(file: AttachedFile) -> MIMEPart:
    """Return a file as part of a mail: in base64, as text would get other line ends."""
    part = MIMEPart(policy=policy.default)
    kind, _, subtype = file.media_type.partition("/")
    part.set_content(file.content, kind, subtype, disposition="attachment", filename=file.name)
    return part


def build_mail(
    settings: dict[str, Any],
    args: dict[str, Any],
    message_id: str,
    files: Iterable[AttachedFile] = (),
) -> EmailMessage:
    """Return the mail, after writing it once. Raises Invalid where it can't be written."""
    headers = {"Message-ID": message_id}
    if answered := args.get("in_reply_to"):
        headers |= {"In-Reply-To": answered, "References": answered}
    try:
        message = EmailMessage(
            subject=args.get("subject", ""),
            body=args["body"],
            from_email=settings["from"],
            to=[args["to"]],
            headers=headers,
        )
        for one in files:
            message.attach(_part(one))
        message.message().as_bytes()
    except Exception as error:  # addresses and headers break the library in many ways
        raise Invalid(f"This can't be written as a mail: {str(error)[:200]}") from error
    return message
