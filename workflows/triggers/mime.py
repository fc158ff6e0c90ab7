"""From the bytes of a mail to the few texts a run gets. Pure; bytes may be hostile.

Text parts are preferred; HTML becomes its visible text, so that no script, picture or
hidden head reaches anybody. Attachments are named, not read.
"""

import codecs
import email
import email.policy
import hashlib
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from tenants.html_tokens import Tag, tokens

LONGEST_TEXT = 30_000  # characters of a mail's text in a run's input
LONGEST_LINE = 300  # characters of a header
LONGEST_HTML = 500_000  # characters of HTML that are read
LONGEST_VALUE = 2000  # characters of a header that are looked into
MOST_LINES = 60_000
MOST_BOUNDARIES = 50
MOST_PARTS = 200
MOST_ATTACHMENTS = 20
CUT = "\n\n[The mail is longer; the rest was left out.]"
# What no text of a person needs: controls, halves of characters, marks that turn the line.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# Codecs of Python's that are no charsets; punycode is read in the square of a text's length.
NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
HIDING = re.compile(r"display:none|visibility:hidden|font-size:0")
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
        return _read(email.message_from_bytes(_bounded(raw), policy=POLICY))
    except Unreadable:
        raise
    except (MessageError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable(f"Its text can't be read: {type(error).__name__}.") from error
    except (RecursionError, AssertionError, IndexError, NotImplementedError) as error:
        raise Unreadable("It is built in a way that no mail program builds one.") from error


class _Policy(email.policy.Compat32):
    """Headers are cut: parameters are looked for in the square of a header's length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_VALUE]


POLICY = _Policy()


def _bounded(raw: bytes) -> bytes:
    """A mail that takes no long time to take apart: every line is held against every boundary."""
    if len(BOUNDARY.findall(raw)) > MOST_BOUNDARIES:
        raise Unreadable("It has parts in parts that no mail program makes.")
    lines = raw.split(b"\n", MOST_LINES)
    return b"\n".join(lines[:MOST_LINES]) if len(lines) > MOST_LINES else raw


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
        # A payload that is no list would be decoded by whatever its charset says.
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            todo[:0] = [p for p in part.get_payload() if isinstance(p, Message)]
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
        codec = codecs.lookup(part.get_content_charset() or "utf-8")  # however it is spelt
        return payload.decode("utf-8" if codec.name in NO_CHARSETS else codec.name, "replace")
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
    found: list[str] = []
    hidden = _Hidden()
    for token in tokens(html[:LONGEST_HTML]):
        if isinstance(token, str):
            if not hidden.open:
                found.append(token.replace("\n", " "))
        elif hidden.pass_by(token) and token.name in BLOCKS | HEADINGS:
            found.append("\n")
    lines = (" ".join(line.split()) for line in "".join(found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Hidden:
    """The hidden elements that are open, with what is inside them."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self._named: Counter[str] = Counter()  # so that an end need not look for its start

    def pass_by(self, tag: Tag) -> bool:
        """Whether the tag is seen: it is neither hidden nor inside what is."""
        if tag.is_end:
            seen = not self.open
            self._end(tag.name)
            return seen
        if (self.open or _is_hidden(tag)) and tag.name not in VOID:
            if not tag.is_closed:
                self.open.append(tag.name)
                self._named[tag.name] += 1
            return False
        return not self.open

    def _end(self, name: str) -> None:
        while self._named[name]:
            last = self.open.pop()
            self._named[last] -= 1
            if last == name:
                return


def _is_hidden(tag: Tag) -> bool:
    style = tag.attributes.get("style", "").replace(" ", "").lower()
    return tag.name in SILENT or "hidden" in tag.attributes or HIDING.search(style) is not None
