"""Texts of mails without characters that no person needs. Pure."""

import re

from tenants.text.plain_text import normal
from workflows.triggers.mail.headers import decoded_header

LONGEST_LINE = 300  # characters of a header
# Controls, halves of characters, marks that turn the line.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text without what can't be seen or kept."""
    return UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: str) -> str:
    """A header as one line of text, its encoded words decoded."""
    return " ".join(normal(clean(decoded_header(value))).split())[:LONGEST_LINE]
