"""HTML: what is seen of it, under its headings. Scripts, styles and what is hidden are left out."""

from tenants.errors import Invalid
from tenants.sources.readers import Piece, decode, storable_text
from tenants.sources.readers.passages import split_section
from tenants.text import charsets
from tenants.text.visible_text import page_sections

SUFFIXES = (".html", ".htm")
KIND = "document"
MEDIA_TYPE = "text/html"


def read(content: bytes) -> list[Piece]:
    """Passages of an HTML page, by the charset that it names for itself, else UTF-8."""
    # Each line is a paragraph of its own: cells of a row stand in one.
    return [
        piece
        for section in page_sections(_page(content))
        for piece in split_section(section.heading, section.text.replace("\n", "\n\n"))
    ]


def _page(content: bytes) -> str:
    label = charsets.of_page(content)
    try:
        return decode(content)
    except Invalid:
        if label is None:
            raise
        return storable_text(charsets.decode_text(content, label))
