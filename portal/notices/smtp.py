"""Delivery of a notice by SMTP, and its result."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from portal.notices.kinds import Letter
from tenants.mail.smtp import BY_MACHINE, DeliveryStatus, deliver_mail, from_line

__all__ = ["Delivery", "DeliveryStatus", "post"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Result of a delivery: status, the reason unless SENT, and devices whose push has ended."""

    status: DeliveryStatus
    why: str = ""
    gone: tuple[UUID, ...] = ()


def post(letter: Letter, *, to: str, notice_id: UUID) -> Delivery:
    """Send one mail and return the result. A mail server's failure does not raise.

    The Message-ID is the notice's id, so that a mail in doubt can be found in a server's log.
    """
    try:
        message = _message(letter, to, notice_id)
    except ValueError as error:
        return Delivery(DeliveryStatus.REFUSED, f"This can't be written as a mail: {error}")
    handed = deliver_mail(message)
    return Delivery(handed.status, handed.why)


def _message(letter: Letter, to: str, notice_id: UUID) -> EmailMultiAlternatives:
    message_id = f"<{notice_id.hex}@{settings.MAIL_DOMAIN}>"
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        from_email=from_line(letter.sender, settings.DEFAULT_FROM_EMAIL),
        to=[to],
        headers={"Message-ID": message_id, **BY_MACHINE},
    )
    message.attach_alternative(letter.html, "text/html")
    return message
