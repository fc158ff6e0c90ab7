"""Mail channel of notices."""

from uuid import UUID

from portal.notices.kinds import Letter
from portal.notices.models import Notice
from portal.notices.smtp import Delivery, post


def address(notice: Notice) -> str:
    """Return the notice's mail address."""
    return notice.to


def deliver(letter: Letter, address: str, notice_id: UUID) -> Delivery:
    """Send the notice by SMTP."""
    return post(letter, to=address, notice_id=notice_id)
