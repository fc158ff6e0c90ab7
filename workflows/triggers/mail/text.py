"""Text of a mail from its parts, and the names of the parts that are not read. Pure.

Of alternatives the plain one is read; all other text is read in the order of the mail. A mail
that only forwards another one gets the text of that one.
"""

from dataclasses import dataclass, field
from email.message import Message

from tenants.text.charsets import decode_text, page_charset
from tenants.text.plain_text import is_blank, normal
from tenants.text.visible_text import visible
from workflows.triggers.mail import headers, invitation
from workflows.triggers.mail.characters import clean, one_line

LONGEST_HTML = 500_000  # characters of HTML that are read
LONGEST_PART = 500_000  # characters of a part that are read
MOST_PARTS = 200
MOST_LEVELS = 3  # of forwarded mails in forwarded mails
READABLE = ("text/plain", "text/html", "text/markdown", "text/x-markdown")


class TooManyParts(ValueError):
    """Mail with more parts than are read."""


@dataclass(slots=True)
class MailParts:
    """Parts of a mail: its texts in order, texts with a file name, and parts to name only."""

    texts: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # texts of parts that have a file name
    forwarded: list[Message] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)
    parts: list[Message] = field(default_factory=list)  # which were not read
    seen: int = 0
    known: dict[int, str] = field(default_factory=dict)

    def text(self, part: Message) -> str:
        """Return the text of a part, decoded once, because alternatives may be nested."""
        if id(part) not in self.known:
            self.known[id(part)] = _text(part)
        return self.known[id(part)]


def read(message: Message) -> tuple[str, list[str]]:
    """Return the text of a mail and the names of its other parts. Raises TooManyParts."""
    found = _walk(message)
    text = _join_texts(found.texts or found.named)
    if is_blank(text):
        text = _forwarded_text(found.forwarded, MOST_LEVELS)
    files = [part for part in found.parts if found.texts or not found.text(part)]
    names = [_name(part) for part in files]
    return _join_texts([text, *found.invitations]), names


def _join_texts(texts: list[str]) -> str:
    return "\n\n".join(text for text in texts if not is_blank(text))


def _walk(message: Message) -> MailParts:
    """Sort the parts of a mail in order, without those of attached mails. Raises TooManyParts."""
    found = MailParts()
    todo: list[Message] = [message]
    is_first = True
    while todo:
        part = todo.pop(0)
        found.seen += 1
        if found.seen > MOST_PARTS:
            raise TooManyParts(f"It has more than {MOST_PARTS} parts.")
        # Only a list of parts: ``get_payload`` would decode other content by its stated charset.
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            inside = [one for one in part.get_payload() if isinstance(one, Message)]
            if part.get_content_type() == "multipart/alternative":
                inside = _choose_alternative(inside, found)
            todo[:0] = inside
            continue
        _sort_part(part, found, is_first=is_first)
        is_first = False
    return found


def _choose_alternative(choices: list[Message], found: MailParts) -> list[Message]:
    """Return the alternative to read: a plain one with text, or else the last one with text.

    Files and invitations in the other alternatives are kept.
    """
    leaves = {id(one): _leaves(one, found) for one in choices}
    plain = next(
        (one for one in choices if one.get_content_type() == "text/plain" and found.text(one)), None
    )
    with_text = [one for one in choices if any(found.text(leaf) for leaf in leaves[id(one)])]
    best = plain or (with_text[-1] if with_text else None)
    chosen: list[Message] = []
    for one in choices:
        kept = [leaf for leaf in leaves[id(one)] if _is_kept(leaf, is_inside=one is not best)]
        chosen += [one] if one is best else kept
    return chosen


def _is_kept(leaf: Message, *, is_inside: bool) -> bool:
    """Whether a part of an unread alternative is a file or an invitation, and so is kept."""
    kind = leaf.get_content_type()
    picture = leaf.get_content_maintype() == "image" and leaf.get("Content-ID") is not None
    return is_inside and not picture and (kind == "text/calendar" or not kind.startswith("text/"))


def _leaves(part: Message, found: MailParts) -> list[Message]:
    leaves, todo = [], [part]
    while todo:
        one = todo.pop(0)
        found.seen += 1
        if found.seen > MOST_PARTS * 4:
            raise TooManyParts(f"It has more than {MOST_PARTS} parts.")
        if one.get_content_maintype() == "multipart" and one.is_multipart():
            todo[:0] = [each for each in one.get_payload() if isinstance(each, Message)]
        else:
            leaves.append(one)
    return leaves


def _sort_part(part: Message, found: MailParts, *, is_first: bool) -> None:
    kind = part.get_content_type()
    if part.get_content_maintype() == "message" and part.is_multipart():
        found.forwarded += [one for one in part.get_payload() if isinstance(one, Message)]
    if kind == "text/calendar":
        found.invitations.append(clean(invitation.read(_decoded(part))))
    text = found.text(part)
    if text and (is_first or not part.get_filename()):
        found.texts.append(text)
        return
    if text:
        found.named.append(text)
    if kind not in READABLE or part.get_filename() or _is_attached(part):
        found.parts.append(part)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _text(part: Message) -> str:
    """Return the text of a readable part; empty for attachments, other types and blank texts."""
    if _is_attached(part) or part.get_content_type() not in READABLE:
        return ""
    written = _decoded(part)
    if part.get_content_type() == "text/html":
        written = visible(written[:LONGEST_HTML])
    text = normal(clean(written[:LONGEST_PART])).strip()
    return "" if is_blank(text) else text


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    label = part.get_content_charset()
    if label is None and part.get_content_type() == "text/html":
        label = page_charset(payload)
    return decode_text(payload, label)


def _forwarded_text(mails: list[Message], deep: int) -> str:
    """Return the text of the first forwarded mail that has any, with its subject and sender."""
    for mail in mails[:MOST_PARTS]:
        found = _walk(mail)
        text = _join_texts(found.texts or found.named)
        if is_blank(text) and deep > 1:
            text = _forwarded_text(found.forwarded, deep - 1)
        if not is_blank(text):
            about = [one_line(headers.first_header(mail, name)) for name in ("Subject", "From")]
            return "Forwarded: " + ", from ".join(one for one in about if one) + f"\n\n{text}"
    return ""


def _name(part: Message) -> str:
    return one_line(headers.header_value(part.get_filename() or part.get_content_type()))
