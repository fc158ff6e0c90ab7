"""Two texts laid over each other, line by line, with the words that differ marked. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 3  # lines shown before and after a change
LONGEST = 2000  # characters of a line whose words are compared
ALIKE = 0.4  # lines less alike than this are two lines, not one that changed
WORD = re.compile(r"\w+|\s+|.")

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters; ``is_marked`` where it differs."""

    text: str
    is_marked: bool = False


type Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line. A number is 0 where the line is not in that text."""

    what: str
    old: int
    new: int
    pieces: Pieces


type Block = list[Line]


def redline(before: str, after: str) -> list[Block]:
    """The changed places, each with the lines around it; empty where nothing differs."""
    old, new = before.split("\n"), after.split("\n")
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 4000)
    blocks = []
    for group in matcher.get_grouped_opcodes(AROUND):
        block: Block = []
        for tag, a, a_end, b, b_end in group:
            if tag == "equal":
                pairs = zip(range(a, a_end), range(b, b_end), strict=True)
                block += [Line(SAME, i + 1, j + 1, (Piece(old[i]),)) for i, j in pairs]
            else:
                block += _changed(old[a:a_end], new[b:b_end], a, b)
        blocks.append(block)
    return blocks


def _changed(old: list[str], new: list[str], a: int, b: int) -> Iterator[Line]:
    """Lines that went and lines that came, those that became one another marked by the word."""
    gone: list[Pieces] = [(Piece(text),) for text in old]
    came: list[Pieces] = [(Piece(text),) for text in new]
    for i, j in _pairs(old, new):
        gone[i], came[j] = _words(old[i], new[j])
    for i, pieces in enumerate(gone):
        yield Line(GONE, a + i + 1, 0, pieces)
    for j, pieces in enumerate(came):
        yield Line(NEW, 0, b + j + 1, pieces)


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[int, int]]:
    """Which old line became which new one: in order, the first that is alike."""
    start = 0
    for i, line in enumerate(old):
        for j in range(start, min(len(new), start + 5)):
            if _are_alike(line, new[j]):
                yield i, j
                start = j + 1
                break


def _are_alike(one: str, other: str) -> bool:
    if max(len(one), len(other)) > LONGEST or not one.strip() or not other.strip():
        return False
    matcher = SequenceMatcher(None, WORD.findall(one.strip()), WORD.findall(other.strip()))
    return matcher.ratio() >= ALIKE


def _words(one: str, other: str) -> tuple[Pieces, Pieces]:
    old, new = WORD.findall(one), WORD.findall(other)
    gone: list[Piece] = []
    came: list[Piece] = []
    for tag, a, a_end, b, b_end in SequenceMatcher(None, old, new).get_opcodes():
        if a < a_end:
            gone.append(Piece("".join(old[a:a_end]), tag != "equal"))
        if b < b_end:
            came.append(Piece("".join(new[b:b_end]), tag != "equal"))
    return tuple(gone), tuple(came)
