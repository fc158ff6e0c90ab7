"""From the bytes of a mail to the few texts a run gets. Pure; bytes may be hostile.

Text parts are preferred; HTML becomes its visible text, so that no script, picture or
hidden head reaches anybody. Attachments are named, not read.
"""

import email
import email.policy
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

LONGEST_TEXT = 30_000  # characters of a mail's text in a run's input
LONGEST_LINE = 300  # characters of a header
MOST_PARTS = 200
MOST_ATTACHMENTS = 20
CUT = "\n\n[The mail is longer; the rest was left out.]"
# What no text of a person needs: controls, halves of characters, marks that turn the line.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
BLOCKS = {"p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "hr", "pre", "section"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SILENT = {"script", "style", "head", "title", "template", "noscript", "svg", "math", "object"}
SILENT |= {"iframe", "select", "textarea", "audio", "video"}
VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source"}


class Unreadable(ValueError):
    """Not a mail we can make anything of; the message says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. ``headers`` has the names in small letters."""

    sender: str
    subject: str
    text: str
    message_id: str
    in_reply_to: str
    attachments: tuple[str, ...]
    headers: dict[str, str]
    content_type: str

    @property
    def key(self) -> str:
        """The same for the same mail delivered twice, whatever its place in the mailbox."""
        rest = self.message_id or self.text
        said = "\x1f".join((self.sender.lower(), self.subject, rest))
        return hashlib.sha256(said.encode()).hexdigest()[:40]


def read(raw: bytes) -> Mail:
    """Read a mail's bytes. Raises Unreadable, and nothing else, for what can't be read."""
    try:
        return _read(email.message_from_bytes(raw, policy=email.policy.compat32))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable(f"Its text can't be read: {type(error).__name__}.") from error
    except (RecursionError, AssertionError, IndexError, NotImplementedError) as error:
        raise Unreadable("It is built in a way that no mail program builds one.") from error


def _read(message: Message) -> Mail:
    parts = _parts(message)
    found = getaddresses([_line(str(message.get("From") or ""))])
    headers: dict[str, str] = {}
    for name, value in message.items()[:LONGEST_LINE]:
        headers.setdefault(name.lower(), str(value)[:LONGEST_LINE])
    return Mail(
        sender=found[0][1][:254] if found and "@" in found[0][1] else "",
        subject=_line(message.get("Subject")),
        text=_text(parts),
        message_id=_id(message.get("Message-ID")),
        in_reply_to=_id(message.get("In-Reply-To")),
        attachments=tuple(_names(parts)),
        headers=headers,
        content_type=message.get_content_type(),
    )


def _parts(message: Message) -> list[Message]:
    """The leaves, without looking into mails that are attached."""
    found, todo, seen = [], [message], 0
    while todo:
        part = todo.pop(0)
        seen += 1
        if seen > MOST_PARTS:
            raise Unreadable(f"It has more than {MOST_PARTS} parts.")
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            todo[:0] = [p for p in payload if isinstance(p, Message)]
        else:
            found.append(part)
    return found


def _text(parts: list[Message]) -> str:
    inside = [part for part in parts if not _is_attached(part)]
    plain = [_decoded(p) for p in inside if p.get_content_type() == "text/plain"]
    if not any(text.strip() for text in plain):
        plain = [visible(_decoded(p)) for p in inside if p.get_content_type() == "text/html"]
    text = "\n\n".join(clean(text).strip() for text in plain if text.strip())
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that is none
        return payload.decode("utf-8", "replace")


def _names(parts: list[Message]) -> list[str]:
    attached = [
        part for part in parts if _is_attached(part) or part.get_content_maintype() != "text"
    ]
    named = [_line(part.get_filename() or part.get_content_type()) for part in attached]
    return [name[:120] for name in named][:MOST_ATTACHMENTS]


def _line(value: object) -> str:
    """A header as one line of text."""
    text = str(value or "")[: LONGEST_LINE * 10]
    with suppress(MessageError, LookupError, ValueError):  # else as it was written
        text = str(make_header(decode_header(text)))
    return " ".join(clean(text).split())[:LONGEST_LINE]


def _id(value: object) -> str:
    found = re.search(r"<[^<>\s]{1,190}>", str(value or ""))
    return clean(found[0]) if found else ""


def clean(text: str) -> str:
    """Text without what can't be seen or kept."""
    return UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def visible(html: str) -> str:
    """What a reader of the HTML would see, as lines of text."""
    reader = _Visible()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = "".join(value or "" for name, value in attrs if name == "style")
        hidden = re.search(r"display:none|visibility:hidden|font-size:0", style.replace(" ", ""))
        hidden_tag = tag in SILENT or hidden or any(name == "hidden" for name, _ in attrs)
        if (hidden_tag or self._silent) and tag not in VOID:
            self._silent.append(tag)
        elif tag in BLOCKS | HEADINGS and not self._silent:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
        elif tag in BLOCKS | HEADINGS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data.replace("\n", " "))
