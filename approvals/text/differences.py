"""Two sequences are compared with difflib, within limits. Pure.

difflib's time grows with the square of the length, and with the cube for few different words. So
its work is counted; sequences that take too much are compared by their beginning and end only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

MOST_WORK = 3_000_000  # pairs of equal words compared: some 0.5 s

type Opcode = tuple[str, int, int, int, int]


@dataclass(slots=True)
class Work:
    """The work that may still be done; for one text, or for all lines of a page."""

    left: int = MOST_WORK


class TooMuchWork(Exception):
    """The comparison takes more work than is left."""


class BoundedMatcher(SequenceMatcher[str]):
    """difflib's matcher, which raises TooMuchWork once its work is used up."""

    def __init__(self, a: Sequence[str], b: Sequence[str], work: Work, *, autojunk: bool) -> None:
        self._work, self._first = work, a
        self._spend(len(a) + len(b))
        super().__init__(None, a, b, autojunk=autojunk)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        places: dict[str, list[int]] = vars(self)["b2j"]
        last = len(self._first) if ahi is None else ahi
        self._spend(sum(len(places.get(self._first[n], ())) + 1 for n in range(alo, last)))
        return super().find_longest_match(alo, ahi, blo, bhi)

    def _spend(self, work: int) -> None:
        self._work.left -= work
        if self._work.left < 0:
            raise TooMuchWork


def opcodes(
    a: Sequence[str], b: Sequence[str], work: Work | None = None, *, autojunk: bool = False
) -> list[Opcode] | None:
    """Return difflib's opcodes; None where they would take too much work."""
    try:
        return list(BoundedMatcher(a, b, work or Work(), autojunk=autojunk).get_opcodes())
    except TooMuchWork:
        return None


def coarse(a: Sequence[str], b: Sequence[str]) -> list[Opcode]:
    """Return opcodes by the common beginning and end only; the middle counts as replaced."""
    most = min(len(a), len(b))
    start = next((n for n in range(most) if a[n] != b[n]), most)
    end = next((n for n in range(most - start) if a[-1 - n] != b[-1 - n]), most - start)
    a_end, b_end = len(a) - end, len(b) - end
    found: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    if start < a_end or start < b_end:
        tag = "insert" if start == a_end else "delete" if start == b_end else "replace"
        found.append((tag, start, a_end, start, b_end))
    if end:
        found.append(("equal", a_end, len(a), b_end, len(b)))
    return found
