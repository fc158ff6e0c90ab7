"""What a reader of an HTML page or mail sees, as headings and lines of text. Pure.

Elements are opened and closed as browsers do where an end tag may be left out, so that what is
hidden ends where it ends there. Style sheets are not read: what only a class hides is seen.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.html_tokens import Tag, tokens
from tenants.plain_text import is_blank, normal
from tenants.styles import Style, style_of


def _names(text: str) -> set[str]:
    return set(text.split())


HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = HEADINGS | _names(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form header hgroup hr legend li main menu nav ol optgroup "
    "option p pre search section summary table tbody tfoot thead tr ul"
)
SPACED = {"td", "th", "label", "button", "img", "input"}  # a blank on either side
SILENT = _names(
    "script style head title template noscript svg math object iframe select textarea audio video "
    "datalist noembed noframes canvas rp"
)
VOID = _names(
    "area base basefont bgsound br col embed frame hr img input link meta param source track wbr"
)
FOREIGN = {"svg", "math"}  # in these a slash closes an element, as in XML
# Open again in what comes after, where the element around them ends first.
FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")

# An end tag that is left out: a start tag closes the nearest of these that is open, unless one of
# the second stands in between.
TABLE, CELLS = ("table",), ("table", "td", "th", "caption")
SCOPES = (*CELLS, "button", "object", "template")
LISTS = (*SCOPES, "ul", "ol", "menu", "dir", "dl", "blockquote", "section", "article", "fieldset")
PARTS = ("td", "th", "caption", "tr")
ROWS = (*PARTS, "tbody", "thead", "tfoot", "colgroup")
ENDS_P = (BLOCKS - {"br", "body", "caption", "legend", "optgroup", "option", "tbody", "tfoot"}) - {
    "thead",
    "tr",
}
CLOSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "li": (("li",), LISTS),
    "dt": (("dt", "dd"), LISTS),
    "dd": (("dt", "dd"), LISTS),
    "tr": (PARTS, TABLE),
    "td": (("td", "th", "caption"), (*TABLE, "tr")),
    "th": (("td", "th", "caption"), (*TABLE, "tr")),
    "tbody": (ROWS, TABLE),
    "thead": (ROWS, TABLE),
    "tfoot": (ROWS, TABLE),
    "caption": (ROWS, TABLE),
    "option": (("option",), ("select", "datalist")),
    "optgroup": (("option", "optgroup"), ("select", "datalist")),
    "a": (("a",), SCOPES),
    "button": (("button",), TABLE),
    "rt": (("rt", "rp"), ("ruby",)),
    "rp": (("rt", "rp"), ("ruby",)),
}
IN_HEAD = _names("base basefont bgsound link meta noframes noscript script style template title")
SPECIAL = BLOCKS | SILENT | {"td", "th", "table", "button", "colgroup"}
BEFORE = re.compile(r"(?:https?://)?(?:www\.)?|mailto:|tel:")
PLAIN = Style()
SHOWN_LINKS = ("http://", "https://", "mailto:", "tel:")
LONGEST_LINK = 500  # characters


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (empty for what stands before any) and the lines under it."""

    heading: str
    text: str


def sections(page: str) -> list[Section]:
    """The page's headings, each with the text under it."""
    return [
        Section(" ".join(_lines(heading).split()), _lines(text)) for heading, text in _seen(page)
    ]


def visible(page: str) -> str:
    """The page as lines of text, its headings among them."""
    return _lines(piece for heading, text in _seen(page) for piece in ("\n", *heading, "\n", *text))


def _lines(pieces: Iterable[str]) -> str:
    lines = (" ".join(line.split()) for line in normal("".join(pieces)).split("\n"))
    shown = "\n".join("" if is_blank(line) else line for line in lines)
    return re.sub(r"\n{3,}", "\n\n", shown).strip()


def _seen(page: str) -> list[tuple[list[str], list[str]]]:
    reader = _Reader()
    for token in tokens(page):
        if isinstance(token, str):
            reader.text(token)
        elif token.is_end:
            reader.end(token.name)
        else:
            reader.start(token)
    return reader.sections


@dataclass(slots=True)
class _Open:
    """An element that is open, and how what is inside of it looks."""

    name: str
    gone: bool = False
    unseen: bool = False
    tiny: bool = False
    apart: str = ""

    @property
    def is_hidden(self) -> bool:
        return self.gone or self.unseen or self.tiny


class _Reader:
    """Takes a page's tags and texts in turn. Each costs the same, however deep it stands."""

    def __init__(self) -> None:
        self.sections: list[tuple[list[str], list[str]]] = [([], [])]
        self._out = self.sections[0][1]
        self._open = [_Open("")]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._special = [0]  # places of elements that the end of an ordinary one does not pass
        self._link: tuple[str, list[str], int] | None = None

    def text(self, text: str) -> None:
        """Text between two tags."""
        if self._open[-1].name == "head" and text.strip():
            self._close("head", 1)
        if not self._open[-1].is_hidden:
            self._out.append(text if self._places["pre"] else text.replace("\n", " "))

    def start(self, tag: Tag) -> None:
        """A start tag: it may end others, and opens its own element."""
        name = tag.name
        self._end_others(name)
        element = _opened(tag, self._open[-1])
        if not element.is_hidden:
            if name in BLOCKS:
                self._end_heading()
            self._out.append(_break(name, element))
            if name == "img":
                self._out.append(f" {tag.attributes.get('alt', '')} ")
        if name in VOID or (tag.is_closed and self._is_foreign(name)):
            return
        self._push(element)
        if name in HEADINGS and not element.is_hidden:
            self.sections.append(([], []))
            self._out = self.sections[-1][0]
        if name == "a" and not element.is_hidden:
            self._link = (tag.attributes.get("href", ""), self._out, len(self._out))

    def end(self, name: str) -> None:
        """An end tag: it ends its element and those inside of it, if its element is open."""
        if name in ("body", "html"):
            return
        is_hidden = self._open[-1].is_hidden
        if name in HEADINGS:
            name = max(HEADINGS, key=lambda one: (self._places[one] or [0])[-1])
        place = self._closest((name,), _stops(name))
        if place and name not in SPECIAL | FORMATTING and place < self._special[-1]:
            return
        if place:
            is_hidden = self._open[place].is_hidden
            element = self._close(name, place)
            if not is_hidden and not element.apart:
                self._out.append(_break(name, element))
        elif not is_hidden:
            self._out.append(_break(name, self._open[-1]) if name in BLOCKS else "")
        if name in HEADINGS and not is_hidden:
            self._end_heading()

    def _end_others(self, name: str) -> None:
        if self._open[-1].name == "head" and name not in IN_HEAD | {"html", "head"}:
            self._close("head", len(self._open) - 1)
        if name in ENDS_P and (place := self._closest(("p",), SCOPES)):
            self._close("p", place)
        if name in CLOSES and (place := self._first(*CLOSES[name])):
            self._close(self._open[place].name, place)

    def _closest(self, names: tuple[str, ...], stops: tuple[str, ...]) -> int:
        """The place of the nearest of the names that is open; 0 if a stop is nearer, or none."""
        place = max((self._places[one][-1] for one in names if self._places[one]), default=0)
        stop = max((self._places[one][-1] for one in stops if self._places[one]), default=0)
        return place if place >= stop else 0

    def _first(self, names: tuple[str, ...], stops: tuple[str, ...]) -> int:
        """The place of the outermost of the names above the nearest stop; they stand in a row."""
        stop = max((self._places[one][-1] for one in stops if self._places[one]), default=0)
        above = (place for one in names if (place := (self._places[one] or [0])[-1]) > stop)
        return min(above, default=0)

    def _push(self, element: _Open) -> None:
        self._places[element.name].append(len(self._open))
        if element.name in SPECIAL:
            self._special.append(len(self._open))
        self._open.append(element)

    def _close(self, name: str, place: int) -> _Open:
        """End the element at a place, with those inside of it."""
        again: _Open | None = None
        element = self._open[place]
        while len(self._open) > place:
            last = self._open.pop()
            self._places[last.name].pop()
            if last.name in SPECIAL:
                self._special.pop()
            if last.name == "a":
                self._end_link()
            if last.apart and not last.is_hidden:
                self._out.append(last.apart)
            if last.name in FORMATTING and last is not element and last.is_hidden:
                again = again or last
        outside = self._open[-1]
        if again and name not in CELLS + ROWS and not element.is_hidden and not outside.is_hidden:
            self._push(again)
        return element

    def _end_link(self) -> None:
        if self._link is None:
            return
        (address, out, start), self._link = self._link, None
        address = address.strip()
        text = "".join(out[start:]).strip() if out is self._out else ""
        if address.lower().startswith(SHOWN_LINKS) and not _is_same(text, address):
            self._out.append(f" ({address[:LONGEST_LINK]}) ")

    def _end_heading(self) -> None:
        """What comes belongs to the heading that is open, if there is one."""
        self._out = self.sections[-1][1]

    def _is_foreign(self, name: str) -> bool:
        return name in FOREIGN or any(self._places[one] for one in FOREIGN)


def _opened(tag: Tag, parent: _Open) -> _Open:
    style = style_of(tag.attributes["style"]) if "style" in tag.attributes else PLAIN
    hidden = "hidden" in tag.attributes and style.gone is not False
    hidden = hidden or (tag.name == "dialog" and "open" not in tag.attributes)
    return _Open(
        tag.name,
        parent.gone or bool(style.gone) or hidden or tag.name in SILENT,
        parent.unseen if style.unseen is None else style.unseen,
        parent.tiny if style.tiny is None else style.tiny,
        style.apart,
    )


def _break(name: str, element: _Open) -> str:
    """What stands before and after an element."""
    return "\n" if name in BLOCKS else element.apart or (" " if name in SPACED else "")


def _stops(name: str) -> tuple[str, ...]:
    """What an end tag does not reach beyond."""
    if name == "table":
        return ()
    return TABLE if name in ROWS else CELLS


def _is_same(text: str, address: str) -> bool:
    """Whether a link's text says where it leads."""
    plain = [BEFORE.sub("", one.strip().lower()).rstrip("/") for one in (text, address)]
    return plain[0] == plain[1]
