"""Mail parsing: read the few texts that a run gets from the bytes of a mail, which may be hostile.

Text parts are preferred. HTML is reduced to its visible text, so that no script, picture or
hidden text reaches a reviewer. Attachments are named, not read. Pure.
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
    """Mail that can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Texts and headers of a mail. ``headers`` has the names in small letters.

    ``sender`` is the one address that the mail is from, ``reply_to`` its first Reply-To address.
    ``sent_at`` tells two mails without a Message-ID apart.
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
        """A hash that is the same for one mail delivered twice, whatever its UID in the mailbox."""
        # The mails of a website's form may have no id and differ in their Reply-To alone.
        rest = self.message_id or "\x1f".join((self.text, self.sent_at, self.reply_to.lower()))
        said = "\x1f".join((self.sender.lower(), self.subject, rest))
        return hashlib.sha256(said.encode()).hexdigest()[:40]


def read(raw: bytes) -> Mail:
    """Read the bytes of a mail. Raises UnreadableMail, and no other error, for a bad mail."""
    try:
        return _read(email.message_from_bytes(_bounded(raw), policy=POLICY))
    except UnreadableMail:
        raise
    except mail_text.TooManyParts as error:
        raise UnreadableMail(str(error)) from error
    except (MessageError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableMail("Its text can't be read: a part of it is damaged.") from error
    # Errors of the standard library's parser for hostile mails.
    except (RecursionError, AssertionError, IndexError, NotImplementedError) as error:
        raise UnreadableMail("It is built in a way that no mail program builds one.") from error


class _Policy(email.policy.Compat32):
    """Policy that cuts headers, and reads undeclared bytes as mail programs do.

    The standard library looks for parameters in quadratic time of a header's length.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: mail_headers.LONGEST]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return mail_headers.header_value(value)


POLICY = _Policy()


def _bounded(raw: bytes) -> bytes:
    """Cut a mail's lines, and raise UnreadableMail for too many boundaries.

    The standard library compares every line with every boundary, which would take too long.
    """
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
    headers["reply-to"] = reply_to  # the address alone: a long name would push it out when cut
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
    """Return the Date and the first server's Received header, which all copies of a mail share."""
    received = mail_headers.all_headers(message, "Received")
    return "\x1f".join([*mail_headers.all_headers(message, "Date")[:1], *received[-1:]])


def _id(value: object) -> str:
    found = re.search(r"<[^<>\s]{1,190}>", str(value or ""))
    return clean(found[0]) if found else ""
