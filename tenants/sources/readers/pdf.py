"""PDF files become passages of their text, page by page."""

import io

from pypdf import PdfReader

from tenants.sources.readers import Piece
from tenants.sources.readers.passages import split_section
from tenants.sources.readers.progress import tell
from tenants.sources.readers.refusals import unreadable_file

SUFFIXES = (".pdf",)
KIND = "document"
MEDIA_TYPE = "application/pdf"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a PDF, headed by their page.

    Raises Invalid for a file that is damaged, locked with a password, or scanned without text.
    """
    try:
        pages, is_locked = _pages(content)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a damaged file breaks the parser in many ways
        raise unreadable_file(
            "The PDF can't be read: it is damaged or locked, or no PDF. Open it, save it anew as "
            "PDF, and upload that."
        ) from error
    if is_locked:
        raise unreadable_file(
            "The PDF is locked with a password. Save it without one, and upload that."
        )
    found = [piece for n, text in enumerate(pages, 1) for piece in split_section(f"Page {n}", text)]
    if pages and not found:
        raise unreadable_file(
            "The PDF holds pictures of pages and no text. Let a program for text recognition (OCR) "
            "add it, and upload that."
        )
    return found


def _pages(content: bytes) -> tuple[list[str], bool]:
    """Return the text of each page, and whether the file asks for a password."""
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return [], True
    found, total = [], len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        found.append(page.extract_text())
        tell(number, total)
    return found, False
