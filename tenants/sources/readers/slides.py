"""PowerPoint files become passages, each headed by its slide, by markitdown."""

import re

from tenants.sources.readers import Piece
from tenants.sources.readers.markdown import markdown_pieces
from tenants.sources.readers.office_markdown import converted

SUFFIXES = (".pptx",)
KIND = "document"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
# markitdown writes a comment at the top of each slide, and then its title as a heading.
SLIDE = re.compile(r"<!-- Slide number: ([0-9]+) -->\s*(?:^# (.*))?", re.MULTILINE)
NOTES = re.compile(r"^### Notes:$", re.MULTILINE)


def read(content: bytes) -> list[Piece]:
    """Return the passages of a PowerPoint file. Raises Invalid for one that can't be read."""
    text = converted("PptxConverter", content, "PowerPoint file")
    return markdown_pieces(NOTES.sub("Notes:", SLIDE.sub(_heading, text)))


def _heading(found: re.Match[str]) -> str:
    return f"# Slide {found[1]}: {found[2]}" if found[2] else f"# Slide {found[1]}\n"
