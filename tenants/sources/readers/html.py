"""HTML: its text under its headings; scripts, styles and markup are dropped."""

from tenants.html_tokens import Tag, tokens
from tenants.sources.readers import Piece, decode
from tenants.sources.readers.passages import cut

SUFFIXES = (".html", ".htm")
KIND = "document"
MEDIA_TYPE = "text/html"

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
UNSEEN = {"script", "style", "template", "noscript", "head"}
BLOCKS = {"p", "li", "div", "tr", "br", "section", "article", "table", "ul", "ol", "td", "th"}


class _Sections:
    def __init__(self) -> None:
        self.sections: list[tuple[str, list[str]]] = [("", [])]
        self._unseen = 0
        self._heading: list[str] | None = None

    def take(self, token: Tag | str) -> None:
        """Go on with the next token of the page."""
        if isinstance(token, str):
            self._text(token)
        elif token.is_end:
            self._end(token.name)
        else:
            self._start(token.name)
            if token.is_closed:
                self._end(token.name)

    def _start(self, tag: str) -> None:
        if tag == "body":
            self._unseen = 0  # the end tag of <head> may be left out
        elif tag in UNSEEN:
            self._unseen += 1
        elif tag in HEADINGS:
            self._heading = []
        elif tag in BLOCKS:
            self._end_heading()  # one that was never closed
            self.sections[-1][1].append(" " if tag in ("td", "th") else "\n\n")

    def _end(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in HEADINGS:
            self._end_heading()

    def _end_heading(self) -> None:
        if self._heading is not None:
            self.sections.append((" ".join("".join(self._heading).split()), []))
            self._heading = None

    def _text(self, text: str) -> None:
        if not self._unseen:
            (self.sections[-1][1] if self._heading is None else self._heading).append(text)


def read(content: bytes) -> list[Piece]:
    """Passages of an HTML page."""
    page = _Sections()
    for token in tokens(decode(content)):
        page.take(token)
    return [piece for heading, text in page.sections for piece in cut(heading, "".join(text))]
