"""Plain text: a passage a paragraph or more."""

from tenants.sources.readers import Piece, decode
from tenants.sources.readers.passages import cut

SUFFIXES = (".txt", ".text")
KIND = "document"
MEDIA_TYPE = "text/plain"


def read(content: bytes) -> list[Piece]:
    """Passages of a plain text."""
    return cut("", decode(content))
