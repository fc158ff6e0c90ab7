"""Plain text files become passages of one or more paragraphs."""

from tenants.sources.readers import Piece, decode
from tenants.sources.readers.passages import split_section

SUFFIXES = (".txt", ".text")
KIND = "document"
MEDIA_TYPE = "text/plain"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a plain text."""
    return split_section("", decode(content))
