"""Markdown files become passages of paragraphs, lists and table rows, under their headings."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tenants.sources.readers import Piece, decode
from tenants.sources.readers.passages import split_section

SUFFIXES = (".md", ".markdown")
KIND = "document"
MEDIA_TYPE = "text/markdown"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a Markdown text, without raw HTML."""
    return markdown_pieces(decode(content))


def markdown_pieces(text: str) -> list[Piece]:
    """Return the passages of Markdown. The cells of a table's row are one line."""
    pieces: list[Piece] = []
    heading = ""
    lines: list[str] = []
    cells: list[str] | None = None  # of the row that is open
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            pieces += split_section(heading, "\n\n".join(lines))
            heading, lines = _plain(tokens[index + 1]), []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            lines.append(" | ".join(filter(None, cells)))
            cells = None
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            (lines if cells is None else cells).append(_plain(token))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
    return pieces + split_section(heading, "\n\n".join(lines))


def _plain(token: Token) -> str:
    if not token.children:
        return token.content
    return "".join(
        "\n" if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children
    )
