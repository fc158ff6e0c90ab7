"""By e-mail."""

from uuid import UUID

from portal.notices.kinds import Letter
from portal.notices.models import Notice
from portal.notices.smtp import Delivery, post


def address(notice: Notice) -> str:
    """The person's own."""
    return notice.to


def deliver(letter: Letter, address: str, notice_id: UUID) -> Delivery:
    """Hand it to the mail server."""
    return post(letter, to=address, notice_id=notice_id)
