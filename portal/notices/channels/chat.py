"""Chat channel of notices: a person's own chat address, which is a secret of theirs."""

from uuid import UUID

from portal.notices.kinds import Letter
from portal.notices.models import Notice
from portal.notices.smtp import Delivery, DeliveryStatus
from tenants.errors import Invalid, NotFound
from tenants.network.chat import chat_service, send_chat
from tenants.services.keys import reveal_own_secret

SECRET = "chat"  # noqa: S105 - the name of a secret


def check(address: str) -> str:
    """Return the name of an address's chat service. Raises Invalid for one that can't be used."""
    return chat_service(address)


def address(notice: Notice) -> str | None:
    """Return the person's chat URL, None where it is missing or no longer allowed."""
    assert notice.person_id is not None
    try:
        found = reveal_own_secret(SECRET, notice.person_id)
        check(found)
    except (Invalid, NotFound):
        return None
    return found


def deliver(letter: Letter, address: str, notice_id: UUID) -> Delivery:
    """Send the notice's brief and link. The service says only whether it took them."""
    try:
        is_taken = send_chat(address, letter.subject, f"{letter.brief}\n{letter.link}")
    except Invalid as error:
        return Delivery(DeliveryStatus.REFUSED, error.message)
    except OSError as error:
        return Delivery(DeliveryStatus.REFUSED, f"The chat's host can't be called: {error}")
    if is_taken:
        return Delivery(DeliveryStatus.SENT)
    return Delivery(
        DeliveryStatus.IN_DOUBT, "The chat service did not say that it took the last notice."
    )
