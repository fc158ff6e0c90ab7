"""From the bytes of a mail to the few texts a run gets. Pure; bytes may be hostile.

Text parts are preferred; HTML becomes its visible text, so that no script, picture or
hidden head reaches anybody. Attachments are named, not read.
"""

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from workflows.triggers.mail import headers as mail_headers
from workflows.triggers.mail import text as mail_text
from workflows.triggers.mail.characters import LONGEST_LINE, clean, one_line

LONGEST_TEXT = 30_000  # characters of a mail's text in a run's input
MOST_LINES = 60_000
MOST_BOUNDARIES = 50
MOST_ATTACHMENTS = 20
CUT = "\n\n[The mail is longer; the rest was left out.]"
BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)


class UnreadableMail(ValueError):
    """Not a mail we can make anything of; the message says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. ``headers`` has the names in small letters.

    ``sender`` is the one address that it is from, ``reply_to`` the one that asks to be answered.
    ``sent_at`` is what tells two mails without a Message-ID apart.
    """

    sender: str
    subject: str
    text: str
    message_id: str
    in_reply_to: str
    attachments: tuple[str, ...]
    headers: dict[str, str]
    content_type: str
    reply_to: str = ""
    sent_at: str = ""

    @property
    def key(self) -> str:
        """The same for the same mail delivered twice, whatever its place in the mailbox."""
        # Of a website's forms without an id each may name another to be answered.
        rest = self.message_id or "\x1f".join((self.text, self.sent_at, self.reply_to.lower()))
        said = "\x1f".join((self.sender.lower(), self.subject, rest))
        return hashlib.sha256(said.encode()).hexdigest()[:40]


def read(raw: bytes) -> Mail:
    """Read a mail's bytes. Raises UnreadableMail, and nothing else, for what can't be read."""
    try:
        return _read(email.message_from_bytes(_bounded(raw), policy=POLICY))
    except UnreadableMail:
        raise
    except mail_text.TooManyParts as error:
        raise UnreadableMail(str(error)) from error
    except (MessageError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableMail("Its text can't be read: a part of it is damaged.") from error
    except (RecursionError, AssertionError, IndexError, NotImplementedError) as error:
        raise UnreadableMail("It is built in a way that no mail program builds one.") from error


class _Policy(email.policy.Compat32):
    """Headers are cut: parameters are looked for in the square of a header's length.

    Bytes of no charset are read as programs read them, in names of files too.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: mail_headers.LONGEST]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return mail_headers.header_value(value)


POLICY = _Policy()


def _bounded(raw: bytes) -> bytes:
    """A mail that takes no long time to take apart: every line is held against every boundary."""
    if len(BOUNDARY.findall(raw)) > MOST_BOUNDARIES:
        raise UnreadableMail("It has parts in parts that no mail program makes.")
    lines = raw.split(b"\n", MOST_LINES)
    return b"\n".join(lines[:MOST_LINES]) if len(lines) > MOST_LINES else raw


def _read(message: Message) -> Mail:
    text, names = mail_text.read(message)
    headers: dict[str, str] = {}
    for name, value in message.items()[:LONGEST_LINE]:
        headers.setdefault(name.lower(), str(value)[:LONGEST_LINE])
    reply_to = mail_headers.reply_to(message)
    headers["reply-to"] = reply_to  # its address alone, which a long name may push out
    return Mail(
        sender=mail_headers.sender(message),
        subject=one_line(mail_headers.first_header(message, "Subject")),
        text=text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT,
        message_id=_id(message.get("Message-ID")),
        in_reply_to=_id(message.get("In-Reply-To")),
        attachments=tuple(name[:120] for name in names[:MOST_ATTACHMENTS]),
        headers=headers,
        content_type=message.get_content_type(),
        reply_to=reply_to,
        sent_at=_sent_at(message),
    )


def _sent_at(message: Message) -> str:
    """When it was written, and when its first server got it; copies of one mail share both."""
    received = mail_headers.all_headers(message, "Received")
    return "\x1f".join([*mail_headers.all_headers(message, "Date")[:1], *received[-1:]])


def _id(value: object) -> str:
    found = re.search(r"<[^<>\s]{1,190}>", str(value or ""))
    return clean(found[0]) if found else ""
