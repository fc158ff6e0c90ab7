"""The visible text of an HTML page or mail, as headings and lines. Pure.

Elements are opened and closed as browsers do where an end tag may be left out, so that a hidden
element ends where it ends there. Style sheets are not read: text that only a class hides counts as
visible.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tenants.text.html_elements import (
    ALIKE,
    BLOCKS,
    CELLS,
    ENDS_P,
    FOREIGN,
    FORMATTING,
    HEADINGS,
    IN_HEAD,
    IN_TABLE,
    INNERMOST,
    LOOSE,
    SCOPES,
    SILENT,
    SPACED,
    SPECIAL,
    STANDS_IN,
    VOID,
)
from tenants.text.html_tokens import Tag, tokens
from tenants.text.plain_text import is_blank, normal
from tenants.text.styles import Style, style_of

PLAIN = Style()
BEFORE = re.compile(r"(?:https?://)?(?:www\.)?|mailto:|tel:")
SHOWN_LINKS = ("http://", "https://", "mailto:", "tel:")
LONGEST_LINK = 500  # characters
MOST_AGAIN = 3  # formatting elements opened again after a block
MOST_INSIDE = 50  # elements that stay open where a formatting element around them ends


@dataclass(frozen=True, slots=True)
class TextSection:
    """A heading (empty for text before any) and the lines under it."""

    heading: str
    text: str


def page_sections(page: str) -> list[TextSection]:
    """Return the page's headings, each with the text under it."""
    return [
        TextSection(" ".join(_lines(heading).split()), _lines(text))
        for heading, text in _seen(page)
    ]


def visible(page: str) -> str:
    """Return the page as lines of text, with its headings."""
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
    """An open element, its own style, and how its content looks."""

    name: str
    style: Style = PLAIN
    gone: bool = False
    unseen: bool = False
    tiny: bool = False

    @property
    def is_hidden(self) -> bool:
        return self.gone or self.unseen or self.tiny

    def stand_in(self, outer: "_Open") -> None:
        """Look as an element with this style does inside ``outer``."""
        style = self.style
        self.gone = outer.gone or bool(style.gone)
        self.unseen = outer.unseen if style.unseen is None else style.unseen
        self.tiny = outer.tiny if style.tiny is None else style.tiny


class _Reader:
    """Takes a page's tags and texts in turn; each costs the same, however deep it is nested."""

    def __init__(self) -> None:
        self.sections: list[tuple[list[str], list[str]]] = [([], [])]
        self._out = self.sections[0][1]
        self._open = [_Open("")]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._special = [0]  # places of special elements
        self._firm = [0]  # places of special elements that are not LOOSE
        self._link: tuple[str, list[str], int] | None = None

    def text(self, text: str) -> None:
        """Add the text between two tags."""
        if self._open[-1].name == "head" and text.strip():
            self._close(len(self._open) - 1)
        if not self._outer().is_hidden:
            self._out.append(text if self._places["pre"] else text.replace("\n", " "))

    def start(self, tag: Tag) -> None:
        """Handle a start tag: it may end other elements, and opens its own."""
        name = tag.name
        is_part = name in STANDS_IN
        if is_part and not self._places["table"]:
            self._apart(name, self._outer())  # browsers ignore the tag
            return
        self._end_others(name)
        element = _Open(name, _style(tag))
        element.stand_in(self._open[-1] if is_part else self._outer())
        if not element.is_hidden and name in BLOCKS:
            self._out = self.sections[-1][1]  # the block belongs to the last heading
        self._apart(name, element)
        if name == "img" and not element.is_hidden:
            self._out.append(f" {tag.attributes.get('alt', '')} ")
        if name in VOID or (tag.is_closed and self._is_foreign(name)):
            return
        self._push(element)
        if element.is_hidden:
            return
        if name in HEADINGS:
            self.sections.append(([], []))
            self._out = self.sections[-1][0]
        elif name == "a":
            self._link = (tag.attributes.get("href", ""), self._out, len(self._out))

    def end(self, name: str) -> None:
        """Handle an end tag: if its element is open, end that and the elements inside it."""
        if name in ("body", "html"):
            return
        outer = self._outer()
        if name in HEADINGS:
            name = max(HEADINGS, key=lambda one: (self._places[one] or [0])[-1])
        place = self._closest((name,), _stops(name))
        is_ordinary = name not in SPECIAL | FORMATTING | FOREIGN
        if place and is_ordinary and place < self._special[-1]:
            return
        if place and name in FORMATTING and place < self._special[-1]:
            self._take_out(place)
        elif place:
            outer = self._open[place]
            self._close(place)
        self._apart(name, outer)
        if name in HEADINGS and not outer.is_hidden:
            self._out = self.sections[-1][1]

    def _outer(self) -> _Open:
        """Return the element around here; the one around the table where that takes no text."""
        last = self._open[-1]
        return self._open[self._places["table"][-1] - 1] if last.name in IN_TABLE else last

    def _apart(self, name: str, element: _Open) -> None:
        """Add whitespace after the start or the end of an element."""
        if not element.is_hidden:
            apart = element.style.apart if element.name == name else ""
            self._out.append("\n" if name in BLOCKS else apart or (" " if name in SPACED else ""))

    def _end_others(self, name: str) -> None:
        """End the elements that a start tag ends, where end tags may be left out."""
        last = self._open[-1].name
        leaves_head = last == "head" and name not in IN_HEAD | {"html", "head"}
        if leaves_head or last in INNERMOST.get(name, ()):
            self._close(len(self._open) - 1)
        elif name == "table" and last in IN_TABLE:
            self._close(self._places["table"][-1])
        elif name in STANDS_IN:
            place = self._closest(STANDS_IN[name], ())
            if place + 1 < len(self._open):
                self._close(place + 1)
        elif self._open[self._firm[-1]].name in ALIKE.get(name, ()):
            self._close(self._firm[-1])
        elif name in ("a", "button") and self._closest((name,), CELLS):
            self.end(name)
        if name in ENDS_P and (place := self._closest(("p",), SCOPES)):
            self._close(place)

    def _closest(self, names: tuple[str, ...], stops: tuple[str, ...]) -> int:
        """Return the place of the nearest open one of ``names``; 0 if a stop is nearer or none."""
        place = max((self._places[one][-1] for one in names if self._places[one]), default=0)
        if not place:
            return 0
        stop = max((self._places[one][-1] for one in stops if self._places[one]), default=0)
        return place if place >= stop else 0

    def _push(self, element: _Open) -> None:
        place = len(self._open)
        self._places[element.name].append(place)
        if element.name in SPECIAL:
            self._special.append(place)
            if element.name not in LOOSE:
                self._firm.append(place)
        self._open.append(element)

    def _pop(self) -> _Open:
        last = self._open.pop()
        place = len(self._open)
        self._places[last.name].pop()
        for places in (self._special, self._firm):
            if places[-1] == place:
                places.pop()
        if last.name == "a":
            self._end_link()
        return last

    def _close(self, place: int) -> None:
        """End the element at a place, with those inside it."""
        reopened: list[_Open] = []
        element = self._open[place]
        while len(self._open) > place:
            last = self._pop()
            if last.name in FORMATTING and last is not element and last.style != PLAIN:
                reopened = [*reopened[-MOST_AGAIN + 1 :], last]
        if element.name not in CELLS and element.name not in STANDS_IN:
            for one in reversed(reopened):
                one.stand_in(self._outer())
                self._push(one)

    def _take_out(self, place: int) -> None:
        """End a formatting element that began outside a block; the block stays open."""
        if len(self._open) - place > MOST_INSIDE:
            return  # leave it open: no mail program nests so deep
        inside = [self._pop() for _ in range(len(self._open) - place)][:-1]
        for one in reversed(inside):
            one.stand_in(self._outer())
            self._push(one)

    def _end_link(self) -> None:
        if self._link is None:
            return
        (address, out, start), self._link = self._link, None
        address = address.strip()
        text = "".join(out[start:]).strip() if out is self._out else ""
        if address.lower().startswith(SHOWN_LINKS) and not _is_same(text, address):
            self._out.append(f" ({address[:LONGEST_LINK]}) ")

    def _is_foreign(self, name: str) -> bool:
        return name in FOREIGN or any(self._places[one] for one in FOREIGN)


def _style(tag: Tag) -> Style:
    """Return the style of an element's attributes and of its kind."""
    said = style_of(tag.attributes["style"]) if "style" in tag.attributes else PLAIN
    hidden = "hidden" in tag.attributes and said.gone is not False
    hidden = hidden or (tag.name == "dialog" and "open" not in tag.attributes)
    return replace(said, gone=True) if hidden or tag.name in SILENT else said


def _stops(name: str) -> tuple[str, ...]:
    """Return the elements that an end tag does not reach beyond."""
    if name == "table":
        return ()
    if name in STANDS_IN:
        return ("table",)
    return (*CELLS, "ul", "ol") if name == "li" else CELLS if name not in CELLS else ()


def _is_same(text: str, address: str) -> bool:
    """Return whether a link's text is its address."""
    plain = [BEFORE.sub("", one.strip().lower()).rstrip("/") for one in (text, address)]
    return plain[0] == plain[1]
