"""Headers of mails: split the addresses first, then decode encoded words. Pure.

A decoded name may have commas and whole addresses in it. A program that decodes first takes them
for senders (RFC 2047, section 6.2).
"""

import binascii
import re
from collections.abc import Iterator
from email.message import Message
from email.utils import getaddresses

from tenants.text.charsets import decode_text

LONGEST = 2000  # characters of a header that are read
ENCODED = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bqBQ])\?(.{0,2000}?)\?=")
HEX = re.compile(rb"=([0-9a-fA-F]{2})")
ADDRESS = re.compile(r"[^\s@<>(),:;\"\\\[\]]{1,64}@[^\s@<>(),:;\"\\\[\]]{1,190}")
BRACKETED = re.compile(r"<([^<>]*)>")


def all_headers(message: Message, name: str) -> list[str]:
    """Return every header of a name as written; undeclared bytes are UTF-8 or windows-1252."""
    return [
        header_value(value) for key, value in message.raw_items() if key.lower() == name.lower()
    ]


def first_header(message: Message, name: str) -> str:
    """Return the first header of a name as written; empty if there is none."""
    return next(iter(all_headers(message, name)), "")


def header_value(value: object) -> str:
    """Return a header's text, cut to LONGEST."""
    text = str(value)[:LONGEST]
    if not text.isascii():
        text = decode_text(text.encode("utf-8", "surrogateescape"), None)
    return text


def sender(message: Message) -> str:
    """Return the one address that a mail is from; empty where it names none, or several."""
    # Programs choose differently among several senders, and only one was checked on the way.
    found = {a.lower(): a for one in all_headers(message, "From") for a in _addresses(one)}
    return next(iter(found.values())) if len(found) == 1 else ""


def reply_to(message: Message) -> str:
    """Return the first Reply-To address of a mail; empty if there is none."""
    return next((a for one in all_headers(message, "Reply-To") for a in _addresses(one)), "")


def _addresses(text: str) -> Iterator[str]:
    """Yield the addresses of a header, without their names."""
    found = [address for _, address in getaddresses([text])]
    if not any(found):
        # A name has marks that belong in quotes: only text in angle brackets is surely an address.
        found = [one for _, one in getaddresses([text], strict=False)] + BRACKETED.findall(text)
    for one in found:
        address = one.strip()
        if ADDRESS.fullmatch(address) and address.isprintable():
            yield address


def decoded_header(text: str) -> str:
    """Return a header's text with its encoded words decoded, as mail programs show it."""
    found: list[str] = []
    at, before = 0, b""
    charset = ""
    for match in ENCODED.finditer(text):
        between = text[at : match.start()]
        content = _bytes(match[2], match[3])
        # Blanks between two encoded words don't count, and a letter may be split between the two.
        if before and not between.strip():
            if match[1].lower() != charset:
                found.append(decode_text(before, charset))
                before = b""
        else:
            found += [decode_text(before, charset), between]
            before = b""
        before, charset, at = before + content, match[1].lower(), match.end()
    return "".join([*found, decode_text(before, charset), text[at:]])


def _bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return HEX.sub(lambda found: bytes.fromhex(found[1].decode()), raw.replace(b"_", b" "))
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""
