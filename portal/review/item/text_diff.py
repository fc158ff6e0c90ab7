"""Two texts laid over each other, line by line, with the words that differ marked. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from approvals.text.differences import (
    BoundedMatcher,
    Opcode,
    TooMuchWork,
    Work,
    coarse,
    opcodes,
)

AROUND = 3  # lines shown before and after a change
LONGEST = 2000  # characters of a line whose words are compared
ALIKE = 0.4  # lines less alike than this are two lines, not one that changed
# A figure with its points, commas and colons is one word: half a sum is none.
WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+|\n|[^\S\n]+|.")
CHUNK = re.compile(r"\n|[^\S\n]*\S+|[^\S\n]+")  # a word with the blanks before it
LINE = re.compile(r"[^\n]*\n|[^\n]+")
LONGEST_BY_WORD = 20_000  # characters of both texts; comparing grows with the square

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """A run of characters; ``is_marked`` where it differs."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of a running text: same, gone or new."""

    what: str
    text: str


type Pieces = tuple[DiffPiece, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line. A number is 0 where the line is not in that text."""

    what: str
    old: int
    new: int
    pieces: Pieces


type Block = list[DiffLine]


def redline(before: str, after: str) -> list[Block]:
    """The changed places, each with the lines around it; empty where nothing differs."""
    old, new = before.split("\n"), after.split("\n")
    work = Work()
    blocks = []
    for group in _grouped(old, new, work):
        block: Block = []
        for tag, a, a_end, b, b_end in group:
            if tag == "equal":
                pairs = zip(range(a, a_end), range(b, b_end), strict=True)
                block += [DiffLine(SAME, i + 1, j + 1, (DiffPiece(old[i]),)) for i, j in pairs]
            else:
                block += _changed(old[a:a_end], new[b:b_end], a, b, work)
        blocks.append(block)
    return blocks


def _grouped(old: list[str], new: list[str], work: Work) -> list[list[Opcode]]:
    """The opcodes of the changed places, each with those around it."""
    matcher: Any = SequenceMatcher(None, [], [])
    # What was found is handed to difflib, which then only groups it.
    autojunk = len(old) + len(new) > 4000
    matcher.opcodes = opcodes(old, new, work, autojunk=autojunk) or coarse(old, new)
    return list(matcher.get_grouped_opcodes(AROUND))


def _changed(old: list[str], new: list[str], a: int, b: int, work: Work) -> Iterator[DiffLine]:
    """Lines that went and lines that came, those that became one another marked by the word."""
    gone: list[Pieces] = [(DiffPiece(text),) for text in old]
    came: list[Pieces] = [(DiffPiece(text),) for text in new]
    for i, j in _pairs(old, new, work):
        gone[i], came[j] = _words(old[i], new[j], work)
    for i, pieces in enumerate(gone):
        yield DiffLine(GONE, a + i + 1, 0, pieces)
    for j, pieces in enumerate(came):
        yield DiffLine(NEW, 0, b + j + 1, pieces)


def _pairs(old: list[str], new: list[str], work: Work) -> Iterator[tuple[int, int]]:
    """Which old line became which new one: in order, the first that is alike."""
    start = 0
    for i, line in enumerate(old):
        for j in range(start, min(len(new), start + 5)):
            if _are_alike(line, new[j], work):
                yield i, j
                start = j + 1
                break


def _are_alike(one: str, other: str, work: Work) -> bool:
    if work.left <= 0:  # cutting a line into words is work too
        return False
    if max(len(one), len(other)) > LONGEST or not one.strip() or not other.strip():
        return False
    work.left -= len(one) + len(other)
    old, new = WORD.findall(one.strip()), WORD.findall(other.strip())
    try:
        return BoundedMatcher(old, new, work, autojunk=True).ratio() >= ALIKE
    except TooMuchWork:
        return False


def _words(one: str, other: str, work: Work) -> tuple[Pieces, Pieces]:
    old, new = WORD.findall(one), WORD.findall(other)
    gone: list[DiffPiece] = []
    came: list[DiffPiece] = []
    for tag, a, a_end, b, b_end in opcodes(old, new, work, autojunk=True) or coarse(old, new):
        if a < a_end:
            gone.append(DiffPiece("".join(old[a:a_end]), tag != "equal"))
        if b < b_end:
            came.append(DiffPiece("".join(new[b:b_end]), tag != "equal"))
    return tuple(gone), tuple(came)


def changed_words(before: str, after: str) -> list[Word]:
    """A running text with what went and what came, word by word; by the line where that takes
    too much.
    """
    patterns = (WORD, CHUNK, LINE) if len(before) + len(after) <= LONGEST_BY_WORD else (LINE,)
    found: list[Word] = []
    for pattern in patterns:
        old, new = pattern.findall(before), pattern.findall(after)
        differences = opcodes(old, new)
        if differences is not None:
            break
    if differences is None:
        differences = coarse(old, new)
    for tag, a, a_end, b, b_end in _without_islands(differences, old):
        if tag == "equal":
            found.append(Word(SAME, "".join(old[a:a_end])))
            continue
        if a < a_end:
            found.append(Word(GONE, "".join(old[a:a_end])))
        if b < b_end:
            found.append(Word(NEW, "".join(new[b:b_end])))
    return found


def _without_islands(differences: Iterable[Opcode], old: list[str]) -> list[Opcode]:
    """Changes with nothing but a space between them are one change: so it can be read."""
    found: list[Opcode] = []
    for tag, a, a_end, b, b_end in differences:
        gap = tag == "equal" and "".join(old[a:a_end]).isspace() and "\n" not in old[a:a_end]
        if found and found[-1][0] != "equal" and (gap or tag != "equal"):
            _, first_a, _, first_b, _ = found[-1]
            found[-1] = ("replace", first_a, a_end, first_b, b_end)
        else:
            found.append((tag, a, a_end, b, b_end))
    return found
