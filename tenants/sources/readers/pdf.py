"""PDF files become passages of their text, page by page."""

import io

from pypdf import PdfReader

from tenants.errors import Invalid
from tenants.sources.readers import Piece
from tenants.sources.readers.passages import split_section

SUFFIXES = (".pdf",)
KIND = "document"
MEDIA_TYPE = "application/pdf"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a PDF, headed by their page. Raises Invalid for a broken file.

    Files locked with a password count as broken.
    """
    try:
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    except Exception as error:  # a damaged file breaks the parser in many ways
        raise Invalid(
            "The PDF can't be read: it is damaged or locked. Save it again without a password.",
            code="unreadable_source",
        ) from error
    return [piece for n, text in enumerate(pages, 1) for piece in split_section(f"Page {n}", text)]
