"""E-mail files become passages, headed by the subject."""

import email
from email.message import EmailMessage
from email.policy import default

from tenants.sources.readers import Piece, storable_text
from tenants.sources.readers.passages import split_section
from tenants.sources.readers.refusals import not_of_its_kind
from tenants.text import charsets
from tenants.text.visible_text import visible

SUFFIXES = (".eml",)
KIND = "document"
MEDIA_TYPE = "message/rfc822"
SHOWN = ("From", "To", "Date")


def read(content: bytes) -> list[Piece]:
    """Return the passages of a mail: who, when, its text, and the names of what is attached.

    Raises Invalid for what is no mail.
    """
    try:
        message = email.message_from_bytes(content, policy=default)
        shown = [f"{name}: {message[name]}" for name in SHOWN if message[name]]
        subject, body = str(message["Subject"] or ""), _body(message)
        names = [part.get_filename() for part in message.iter_attachments()]
    except Exception as error:  # a damaged mail breaks the parser in many ways
        raise not_of_its_kind("e-mail", content) from error
    if not shown:
        raise not_of_its_kind("e-mail", content)
    attached = ", ".join(filter(None, names))
    parts = ["\n".join(shown), body, f"Attached: {attached}" if attached else ""]
    return split_section(storable_text(subject), "\n\n".join(filter(None, parts)))


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    raw = part.get_payload(decode=True)
    text = charsets.decode_text(raw if isinstance(raw, bytes) else b"", part.get_content_charset())
    return visible(text).replace("\n", "\n\n") if part.get_content_type() == "text/html" else text
