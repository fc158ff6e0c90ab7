"""HTML pages become passages of their visible text, under its headings.

Scripts, styles and hidden elements are left out.
"""

from tenants.errors import Invalid
from tenants.sources.readers import Piece, decode, storable_text
from tenants.sources.readers.passages import split_section
from tenants.text import charsets
from tenants.text.visible_text import page_sections

SUFFIXES = (".html", ".htm")
KIND = "document"
MEDIA_TYPE = "text/html"


def read(content: bytes) -> list[Piece]:
    """Return the passages of an HTML page, decoded as UTF-8, else by the charset it names."""
    # Each line becomes a paragraph: the cells of a table row are one line.
    return [
        piece
        for section in page_sections(_page(content))
        for piece in split_section(section.heading, section.text.replace("\n", "\n\n"))
    ]


def _page(content: bytes) -> str:
    label = charsets.page_charset(content)
    try:
        return decode(content)
    except Invalid:
        if label is None:
            raise
        return storable_text(charsets.decode_text(content, label))
