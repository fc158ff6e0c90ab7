"""Middleware that spells out hidden characters on every HTML page.

One place for all pages, so that a new page can't forget it. Fields of forms keep the stored
text, as character references, so that a form sends back what was stored.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from approvals.rules.hidden_characters import hidden_in

# Values of fields, and data for scripts; people read everything else.
_KEPT = re.compile(
    r"(?P<field><textarea\b[^>]*>.*?</textarea>|\bvalue=\"[^\"]*\")"
    r"|(?P<script><script\b[^>]*>.*?</script>)",
    re.DOTALL | re.IGNORECASE,
)
# Browsers treat these as line ends and spaces.
_SPACES = {"\r", "\f"}


def spell_out_hidden(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Replace hidden characters in every HTML response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not response.streaming and not response.content.isascii():
            text = response.content.decode(response.charset or "utf-8", "replace")
            if (shown := spelt_out(text)) is not text:
                response.content = shown
        return response

    return middleware


def spelt_out(page: str) -> str:
    """Return the page's HTML without raw hidden characters; the same object where it had none."""
    if all(page[at] in _SPACES for at in hidden_in(page)):
        return page
    pieces, done = [], 0
    for kept in _KEPT.finditer(page):
        pieces.append(_replaced(page[done : kept.start()], _named))
        pieces.append(_replaced(kept[0], _referred if kept["field"] else _escaped))
        done = kept.end()
    return "".join((*pieces, _replaced(page[done:], _named)))


def _replaced(text: str, how: Callable[[str], str]) -> str:
    pieces, done = [], 0
    for at in hidden_in(text):
        if text[at] not in _SPACES:
            pieces += [text[done:at], how(text[at])]
            done = at + 1
    return "".join((*pieces, text[done:]))


def _named(char: str) -> str:
    return f"⟦U+{ord(char):04X}⟧"


def _referred(char: str) -> str:
    return f"&#x{ord(char):X};"


def _escaped(char: str) -> str:
    """Return the character's escape in a string of JavaScript or JSON, in UTF-16 units."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
