"""The quality of approvals is computed from reading times, second looks and planted mistakes. Pure.

A short time is a hint and no proof, because a person may know the case already. So nothing here
decides anything; the numbers are shown to the staff assigned to the client and to owners.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

WORD = re.compile(r"\w+(?:['’.,:@-]\w+)*")
WORDS_A_MINUTE = 600  # faster than people read with care
LEAST_SECONDS = 2
SITTING = timedelta(hours=1)
LONG = 30  # decisions of one hour, after which people are tired
AGREES = ("accept", "correct")


def words_in(text: str) -> int:
    """Return how many words a person reads; an amount or an address is one."""
    return len(WORD.findall(text))


def count_words(texts: Iterable[str]) -> int:
    """Return the number of words of several texts; equal texts are read once."""
    return sum(words_in(text) for text in set(texts))


def reading_seconds(words: int) -> float:
    """Return the least time in which so many words can be read."""
    return max(LEAST_SECONDS, words * 60 / WORDS_A_MINUTE)


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's decision or sign-off. ``seconds`` is None where the time was not measured."""

    by: UUID
    at: datetime
    choice: str
    seconds: int | None
    words: int

    @property
    def is_fast(self) -> bool:
        """Whether it was accepted as written in less time than reading takes."""
        if self.choice != "accept" or self.seconds is None:
            return False
        return self.seconds < reading_seconds(self.words)


@dataclass(frozen=True, slots=True)
class Share:
    """A share: ``count`` of ``all``."""

    count: int
    all: int

    @property
    def percent(self) -> int | None:
        """The share in percent, rounded; None where ``all`` is 0."""
        return round(100 * self.count / self.all) if self.all else None


@dataclass(frozen=True, slots=True)
class Habits:
    """One person's habits of deciding. The fast shares are of timed acceptances only."""

    decisions: int
    seconds: float | None
    words: float
    fast: Share
    fast_late: Share
    by_choice: dict[str, Share] = field(default_factory=dict)


def habits(judged: Iterable[Judged]) -> Habits:
    """Return one person's habits from their decisions, which may be in any order."""
    ordered = sorted(judged, key=lambda one: one.at)
    late = late_ones([one.at for one in ordered])
    seconds = [one.seconds for one in ordered if one.seconds is not None]
    count = len(ordered)
    choices = sorted({one.choice for one in ordered})
    return Habits(
        decisions=count,
        seconds=median(seconds) if seconds else None,
        words=median([one.words for one in ordered]) if ordered else 0,
        fast=_fast(ordered),
        fast_late=_fast([one for one, is_late in zip(ordered, late, strict=True) if is_late]),
        by_choice={c: Share(sum(one.choice == c for one in ordered), count) for c in choices},
    )


def _fast(judged: Iterable[Judged]) -> Share:
    timed = [one for one in judged if one.choice == "accept" and one.seconds is not None]
    return Share(sum(one.is_fast for one in timed), len(timed))


def late_ones(times: Sequence[datetime]) -> list[bool]:
    """Return for each of these ordered times whether LONG others lie in the hour before it."""
    found, first = [], 0
    for number, time in enumerate(times):
        while time - times[first] >= SITTING:
            first += 1
        found.append(number - first >= LONG)
    return found


def is_drawn(key: bytes, item_id: UUID, percent: int) -> bool:
    """Return whether an item is drawn for a second look, by a keyed hash of its id.

    The answer is always the same, and nobody without the key can tell it beforehand.
    """
    if percent <= 0:
        return False
    digest = hmac.new(key, item_id.bytes, hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) % 100 < percent


def is_caught(
    choice: str, planted: dict[str, Any], draft_changed: bool, args: dict[int, dict[str, Any]]
) -> bool:
    """Return whether an answer to a planted mistake found it.

    ``planted`` is where the mistake is: ``{"draft": bool, "args": {"0": ["amount"]}}``. Rejecting
    and sending back find it; an edit does where it touches the mistake.
    """
    if choice in ("reject", "again"):
        return True
    if choice != "correct":
        return False
    if draft_changed and planted["draft"]:
        return True
    wrong = {(int(n), name) for n, names in planted["args"].items() for name in names}
    return any((n, name) in wrong for n, changed in args.items() for name in changed)


def moved_spans(spans: list[dict[str, Any]], before: str, after: str) -> list[dict[str, Any]]:
    """Return the spans of a text after one edit; those the edit touched become unsupported."""
    head = _alike(before, after)
    most = min(len(before), len(after)) - head
    tail = min(_alike(before[::-1], after[::-1]), most)
    ends, shift = len(before) - tail, len(after) - len(before)
    found = []
    for span in spans:
        start, end = span["start"], span["end"]
        if end <= head:
            found.append(span)
        elif start >= ends:
            found.append({**span, "start": start + shift, "end": end + shift})
        else:
            start, end = min(start, head), max(end, ends) + shift
            found.append({**span, "start": start, "end": end, "supported": False, "sources": []})
    return [span for span in found if span["start"] < span["end"]]


def _alike(one: str, other: str) -> int:
    """Return the length of the common beginning of two texts."""
    for number, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return number
    return min(len(one), len(other))
