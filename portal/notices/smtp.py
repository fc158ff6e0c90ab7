"""Handing a notice to the mail server, and knowing what came of it."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from portal.notices.kinds import Letter
from tenants.mail.smtp import BY_MACHINE, DeliveryStatus, deliver_mail, from_line

__all__ = ["Delivery", "DeliveryStatus", "post"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A fate, the reason where it is not ``SENT``, and devices that take nothing any more."""

    status: DeliveryStatus
    why: str = ""
    gone: tuple[UUID, ...] = ()


def post(letter: Letter, *, to: str, notice_id: UUID) -> Delivery:
    """Send one mail. Never raises for what a mail server may do.

    The Message-ID is made from the notice, for whoever looks into what is in doubt.
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
