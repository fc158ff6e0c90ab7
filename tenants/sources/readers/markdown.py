"""Markdown files become passages of paragraphs and lists, under their headings."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tenants.sources.readers import Piece, decode
from tenants.sources.readers.passages import split_section

SUFFIXES = (".md", ".markdown")
KIND = "document"
MEDIA_TYPE = "text/markdown"


def read(content: bytes) -> list[Piece]:
    """Return the passages of a Markdown text, without raw HTML."""
    pieces: list[Piece] = []
    heading = ""
    lines: list[str] = []
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(decode(content))
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            pieces += split_section(heading, "\n\n".join(lines))
            heading, lines = _plain(tokens[index + 1]), []
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            lines.append(_plain(token))
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
