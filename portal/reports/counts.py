"""Counts of a week: ids sorted into buckets, each number the length of one bucket. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from approvals.models import DecisionChoice
from approvals.rules.reasons import REASONS
from portal.reports.buckets import Bucket

DECIDED = (Bucket.ACCEPTED, Bucket.CORRECTED, Bucket.REJECTED, Bucket.TAKEN_OVER)
STEPPED_IN = (
    Bucket.CORRECTED,
    Bucket.REJECTED,
    Bucket.TAKEN_OVER,
    Bucket.RESOLVED,
    Bucket.UNDONE,
)
COUNTED = (Bucket.DECIDED, *DECIDED, Bucket.STEPPED_IN, Bucket.EXPIRED)
SMALL, LARGE = 5, 20  # words changed


def bucket_of(choice: str) -> Bucket:
    """Return the bucket of a decision; a text that was sent back was rejected."""
    decision = DecisionChoice(choice)
    return Bucket.REJECTED if decision is DecisionChoice.AGAIN else Bucket(decision.outcome)


@dataclass(frozen=True, slots=True)
class Decided:
    """One item that a person decided in the week."""

    id: UUID
    kind: str
    choice: str
    reason: str
    title: str
    workflow: str
    step: str
    words_changed: int
    words: str
    about_undo: bool = False

    @property
    def outcome(self) -> Bucket:
        """The bucket the item belongs to."""
        return Bucket.RESOLVED if self.kind == "exception" else bucket_of(self.choice)


@dataclass(frozen=True, slots=True)
class Undone:
    """One executed action that was undone in the week."""

    id: UUID
    tool: str
    item_title: str
    why: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The buckets of a week, as ids. A bucket holds each row once, even if it was read twice."""

    buckets: dict[str, list[str]] = field(default_factory=dict)

    def count(self, bucket: str) -> int:
        """Return the number of ids in a bucket; 0 for a bucket that does not exist."""
        return len(self.buckets.get(bucket, []))

    def counts(self) -> dict[str, int]:
        """Return the counts that later reports compare theirs with."""
        return {name: self.count(name) for name in COUNTED}


def week_tally(rows: Iterable[Decided], undone: Iterable[Undone], expired: Iterable[UUID]) -> Tally:
    """Sort a week's rows into buckets by outcome, reason and kind of intervention."""
    names = (*COUNTED, Bucket.RESOLVED, Bucket.UNDONE)
    # The inner dicts serve as ordered sets.
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
    """Return the whole percent accepted as written, or None where nothing was decided.

    Rounding never gives 0 or 100 unless none or all were accepted.
    """
    accepted, decided = counts["accepted"], counts["decided"]
    if not decided:
        return None
    percent = round(100 * accepted / decided)
    if accepted not in (0, decided):
        return min(99, max(1, percent))
    return percent


def top_reason(rows: Iterable[Decided]) -> tuple[str, int] | None:
    """Return the most frequent reason for rejection and its count.

    The order of REASONS breaks ties.
    """
    found = Counter(row.reason for row in rows if row.outcome == "rejected")
    ranked = sorted(found, key=lambda code: (-found[code], list(REASONS).index(code)))
    return (ranked[0], found[ranked[0]]) if ranked else None


def edits(rows: Iterable[Decided]) -> str:
    """Describe the size of a week's edits by the number of words changed; empty without edits."""
    sizes = [row.words_changed for row in rows if row.outcome == "corrected"]
    if len(sizes) < 2:
        return f"{sizes[0]} word{'' if sizes[0] == 1 else 's'} changed" if sizes else ""
    if 2 * sum(size <= SMALL for size in sizes) > len(sizes):
        return "mostly small edits"
    if 2 * sum(size > LARGE for size in sizes) > len(sizes):
        return "mostly large edits"
    return f"about {round(median(sizes))} words each"
