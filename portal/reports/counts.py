"""What a week's rows add up to: buckets of ids, and each number the length of one. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from approvals.rules.reasons import REASONS

OUTCOMES = {
    "accept": "accepted",
    "correct": "corrected",
    "reject": "rejected",
    "take_over": "taken_over",
    "again": "rejected",
}
STEPPED_IN = ("corrected", "rejected", "taken_over", "resolved", "undone")
COUNTED = ("decided", *OUTCOMES.values(), "stepped_in", "expired")
SMALL, LARGE = 5, 20  # words changed


@dataclass(frozen=True, slots=True)
class Decided:
    """One item a person decided in the week."""

    id: UUID
    kind: str
    choice: str
    reason: str
    title: str
    workflow: str
    step: str
    words_changed: int
    words: str

    @property
    def outcome(self) -> str:
        """Which bucket it is in."""
        return "resolved" if self.kind == "exception" else OUTCOMES[self.choice]


@dataclass(frozen=True, slots=True)
class Undone:
    """One executed action that was undone in the week."""

    id: UUID
    tool: str
    item_title: str
    why: str


@dataclass(frozen=True, slots=True)
class Tally:
    """A week's buckets. A row lies in each at most once, however often it was reported."""

    buckets: dict[str, list[str]] = field(default_factory=dict)

    def count(self, bucket: str) -> int:
        """How many are in a bucket."""
        return len(self.buckets.get(bucket, []))

    def counts(self) -> dict[str, int]:
        """The numbers later reports compare with."""
        return {name: self.count(name) for name in COUNTED}


def week_tally(rows: Iterable[Decided], undone: Iterable[Undone], expired: Iterable[UUID]) -> Tally:
    """Put a week's rows into their buckets."""
    names = ("decided", *OUTCOMES.values(), "resolved", "undone", "stepped_in", "expired")
    buckets: dict[str, dict[str, None]] = {name: {} for name in names}
    for row in rows:
        buckets[row.outcome][str(row.id)] = None
        if row.outcome != "resolved":
            buckets["decided"][str(row.id)] = None
        if row.outcome == "rejected":
            buckets.setdefault(f"rejected-{row.reason}", {})[str(row.id)] = None
    buckets["undone"] = {str(act.id): None for act in undone}
    buckets["expired"] = {str(item_id): None for item_id in expired}
    for name in STEPPED_IN:
        buckets["stepped_in"] |= buckets[name]
    return Tally({name: list(ids) for name, ids in buckets.items()})


def share(counts: dict[str, int]) -> int | None:
    """Whole percent accepted as written, 100 only for all; None where nothing was decided."""
    accepted, decided = counts["accepted"], counts["decided"]
    if not decided:
        return None
    percent = round(100 * accepted / decided)
    if accepted not in (0, decided):
        return min(99, max(1, percent))
    return percent


def top_reason(rows: Iterable[Decided]) -> tuple[str, int] | None:
    """The reason given most often for rejecting, and how often; the list's order breaks ties."""
    found = Counter(row.reason for row in rows if row.outcome == "rejected")
    ranked = sorted(found, key=lambda code: (-found[code], list(REASONS).index(code)))
    return (ranked[0], found[ranked[0]]) if ranked else None


def edits(rows: Iterable[Decided]) -> str:
    """How large the edits were, from the number of words changed; empty where there were none."""
    sizes = [row.words_changed for row in rows if row.outcome == "corrected"]
    if len(sizes) < 2:
        return f"{sizes[0]} word{'' if sizes[0] == 1 else 's'} changed" if sizes else ""
    if 2 * sum(size <= SMALL for size in sizes) > len(sizes):
        return "mostly small edits"
    if 2 * sum(size > LARGE for size in sizes) > len(sizes):
        return "mostly large edits"
    return f"about {round(median(sizes))} words each"
