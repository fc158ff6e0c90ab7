"""Word files become passages under their headings, by markitdown."""

from tenants.sources.readers import Piece
from tenants.sources.readers.markdown import markdown_pieces
from tenants.sources.readers.office_markdown import converted

SUFFIXES = (".docx",)
KIND = "document"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a Word file. Raises Invalid for one that can't be read."""
    return markdown_pieces(converted("DocxConverter", content, "Word file"))
