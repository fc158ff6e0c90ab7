"""A mailbox of Harbor's on a real IMAP server, letters for it, and what became of them."""

from datetime import timedelta
from email.message import EmailMessage

from audit import outbox
from tenants import clock
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from workflows.models import InboundMail, Mailbox, Run
from workflows.triggers.mail import mailboxes

FROM_MAIL = "{mail: {mailbox: support}}"
CANARY = "let me in"


def letter(
    text: str = "My lamp is broken.",
    *,
    sender: str = "Mia Chen <mia@customers.example>",
    message_id: str = "<one@customers.example>",
    **headers: str,
) -> bytes:
    """The bytes of a plain mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "support@harbor.example", "Broken lamp"
    if message_id:
        mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def add(lane: Lane, box: ImapBox, **changes: object) -> Mailbox:
    given = {
        "name": "support",
        "address": "support@harbor.example",
        "host": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "username": box.user,
        "password": box.password,
    }
    return mailboxes.add_mailbox(**(given | changes), actor=lane.world.staff(lane.client))  # type: ignore[arg-type]


def come(box: ImapBox, *raw: bytes) -> None:
    """Mail comes now, and is looked for."""
    for each in raw:
        box.put(each, clock.now())
    look()


def look(minutes: float = 16) -> None:
    clock.pass_time(timedelta(minutes=minutes))
    outbox.drain()


def runs() -> list[Run]:
    return list(Run.objects.filter(trigger="mail").order_by("id"))


def rows() -> list[tuple[str, str]]:
    """What became of each mail."""
    return list(InboundMail.objects.order_by("id").values_list("outcome", "why"))
