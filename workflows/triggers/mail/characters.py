"""Characters of mails: remove those that can't be seen or kept. Pure."""

import re

from tenants.text.plain_text import normal
from workflows.triggers.mail.headers import decoded_header

LONGEST_LINE = 300  # characters of a header
# Control characters, half surrogate pairs, and marks that change the direction of the text.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a text without characters that can't be seen or kept, with Unix line ends."""
    return UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: str) -> str:
    """Return a header as one line of text, with its encoded words decoded."""
    return " ".join(normal(clean(decoded_header(value))).split())[:LONGEST_LINE]
