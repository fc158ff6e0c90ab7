"""HTML is cut into tags and texts in one pass, in time proportional to its length. Pure.

Python's own parser searches the rest of a page again for each tag that never ends, and a parser
that builds a tree may build one far larger than the page. Only the text of a page is wanted here,
so no tree is built; a tag or comment that never ends is taken as the end of the page, as in
browsers.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_ATTRIBUTE = 10_000  # characters
NAME = re.compile(r"[a-zA-Z][^\s/>]*")
SPACE = re.compile(r"[\s/]*")
# A name, and a value in quotes or without. Possessive quantifiers, so that nothing backtracks.
ATTRIBUTE = re.compile(
    r"""=?[^\s/>=]*+ (?: \s*+ = \s*+ (?: "([^"]*+)" | '([^']*+)' | (?!["'])([^\s>]*+) ) )?+""",
    re.VERBOSE,
)
# Elements whose content is text up to their own end tag.
RAW = ("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp")
ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}
LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag of an element; ``is_closed`` for a tag that is both."""

    name: str
    is_end: bool = False
    is_closed: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def tokens(page: str) -> Iterator[Tag | str]:
    """Yield the tags and texts of a page in order, without comments and declarations."""
    at = 0
    while at < len(page):
        opened = page.find("<", at)
        if opened < 0:
            opened = len(page)
        if opened > at:
            yield _text(page[at:opened])
        at = opened
        if at == len(page):
            return
        after = page[at + 1 : at + 2]
        if after and after in "!?":
            at = _after_comment(page, at)
        elif NAME.match(page, at + 1) or (after == "/" and NAME.match(page, at + 2)):
            tag, at = _tag(page, at)
            if tag is None:
                return
            yield tag
            if not tag.is_end and tag.name in ENDS:
                end = ENDS[tag.name].search(page, at)
                stop = end.start() if end else len(page)
                yield page[at:stop]
                at = stop
        elif after == "/":
            at = _after_comment(page, at)  # an end tag without a name
        else:
            yield "<"
            at += 1


def _after_comment(page: str, at: int) -> int:
    """Return where a comment, declaration or instruction ends; the end of the page if nowhere."""
    end = "-->" if page.startswith("<!--", at) else ">"
    # "<!-->" and "<!--->" are whole comments.
    found = page.find(end, at + 2)
    return len(page) if found < 0 else found + len(end)


def _tag(page: str, at: int) -> tuple[Tag | None, int]:
    """Return the tag that begins here and where it ends; None for one that never ends."""
    is_end = page[at + 1] == "/"
    name = NAME.match(page, at + 1 + is_end)
    assert name is not None
    attributes: dict[str, str] = {}
    at = name.end()
    while True:
        space = SPACE.match(page, at)
        assert space is not None
        at = space.end()
        if at >= len(page):
            return None, at
        if page[at] == ">":
            is_closed = page[at - 1] == "/"
            return Tag(name[0].lower(), is_end, is_closed, attributes), at + 1
        found = ATTRIBUTE.match(page, at)
        assert found is not None
        if found.end() == at or page[found.end() : found.end() + 1] == "=":
            # A quote that never ends: the rest of the page is inside it.
            return None, len(page)
        key = found[0].partition("=")[0].strip().lower()
        value = next((one for one in found.groups() if one is not None), "")
        if len(key) <= 100 and key not in attributes and len(attributes) < 100:
            attributes[key] = _text(value[:LONGEST_ATTRIBUTE])
        at = found.end()


def _text(text: str) -> str:
    """Return text with its references (&amp;) replaced; too long a number becomes U+FFFD."""
    if "&" not in text:
        return text
    return html.unescape(LONG_NUMBER.sub("\ufffd", text))
