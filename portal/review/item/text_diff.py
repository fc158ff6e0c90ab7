"""Differences of two texts, line by line or in running text, with changed words marked. Pure."""

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
ALIKE = 0.4  # the least similarity of a removed and an added line to be one changed line
# A figure with its points, commas and colons is one word, so that no half of a sum is marked.
WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+|\n|[^\S\n]+|.")
CHUNK = re.compile(r"\n|[^\S\n]*\S+|[^\S\n]+")  # a word with the whitespace before it
LINE = re.compile(r"[^\n]*\n|[^\n]+")
LONGEST_BY_WORD = 20_000  # characters of both texts; the time grows with their square

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Part of a line; ``is_marked`` where it differs from the other text."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """Part of a running text; ``what`` is same, gone or new."""

    what: str
    text: str


type Pieces = tuple[DiffPiece, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line. A line number is 0 where that text does not have the line."""

    what: str
    old: int
    new: int
    pieces: Pieces


type Block = list[DiffLine]


def redline(before: str, after: str) -> list[Block]:
    """Return the changed blocks, each with the lines around it; empty where nothing differs."""
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
    """Return the opcodes of each changed block, with the lines around it."""
    matcher: Any = SequenceMatcher(None, [], [])
    # With opcodes set, difflib does not compare (which has no limit) and only groups them.
    autojunk = len(old) + len(new) > 4000
    matcher.opcodes = opcodes(old, new, work, autojunk=autojunk) or coarse(old, new)
    return list(matcher.get_grouped_opcodes(AROUND))


def _changed(old: list[str], new: list[str], a: int, b: int, work: Work) -> Iterator[DiffLine]:
    """Yield the removed and the added lines of a change, with the words of similar lines marked."""
    gone: list[Pieces] = [(DiffPiece(text),) for text in old]
    came: list[Pieces] = [(DiffPiece(text),) for text in new]
    for i, j in _pairs(old, new, work):
        gone[i], came[j] = _words(old[i], new[j], work)
    for i, pieces in enumerate(gone):
        yield DiffLine(GONE, a + i + 1, 0, pieces)
    for j, pieces in enumerate(came):
        yield DiffLine(NEW, 0, b + j + 1, pieces)


def _pairs(old: list[str], new: list[str], work: Work) -> Iterator[tuple[int, int]]:
    """Yield the pairs of an old line and the first similar new line, in order."""
    start = 0
    for i, line in enumerate(old):
        for j in range(start, min(len(new), start + 5)):
            if _are_alike(line, new[j], work):
                yield i, j
                start = j + 1
                break


def _are_alike(one: str, other: str, work: Work) -> bool:
    if work.left <= 0:  # splitting lines into words costs time too, so it is counted as well
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
    """Return a running text with its removed and added words.

    Larger pieces, up to whole lines, are compared where the texts are long or differ too much.
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
    """Join changes that only whitespace parts, which are easier to read as one change."""
    found: list[Opcode] = []
    for tag, a, a_end, b, b_end in differences:
        gap = tag == "equal" and "".join(old[a:a_end]).isspace() and "\n" not in old[a:a_end]
        if found and found[-1][0] != "equal" and (gap or tag != "equal"):
            _, first_a, _, first_b, _ = found[-1]
            found[-1] = ("replace", first_a, a_end, first_b, b_end)
        else:
            found.append((tag, a, a_end, b, b_end))
    return found
