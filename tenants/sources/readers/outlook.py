"""Outlook's mail files become passages, headed by the subject, by markitdown."""

from tenants.sources.readers import Piece
from tenants.sources.readers.markdown import markdown_pieces
from tenants.sources.readers.office_markdown import converted
from tenants.sources.readers.refusals import OLD_OFFICE, not_of_its_kind

SUFFIXES = (".msg",)
KIND = "document"
MEDIA_TYPE = "application/vnd.ms-outlook"


def read(content: bytes) -> list[Piece]:
    """Return the passages of an Outlook mail. Raises Invalid for one that can't be read."""
    if not content.startswith(OLD_OFFICE):
        raise not_of_its_kind("Outlook mail", content)
    return markdown_pieces(converted("OutlookMsgConverter", content, "Outlook mail"))
