"""Buckets of a report: each counts the objects of one outcome, under one name everywhere. Pure."""

from enum import StrEnum


class Bucket(StrEnum):
    """A bucket of a week's objects. Further buckets have a suffix, as ``rejected-tone``."""

    DECIDED = "decided"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    TAKEN_OVER = "taken_over"
    RESOLVED = "resolved"
    UNDONE = "undone"
    STEPPED_IN = "stepped_in"
    EXPIRED = "expired"
    DECISIONS = "decisions"
    CHANGES = "changes"
    COST = "cost"

    @property
    def heading(self) -> str:
        """The heading of the list of its objects."""
        return _HEADINGS[self]


_HEADINGS = {
    Bucket.DECIDED: "Pieces of work decided",
    Bucket.ACCEPTED: "Accepted as written",
    Bucket.CORRECTED: "Accepted after your edit",
    Bucket.REJECTED: "Rejected",
    Bucket.TAKEN_OVER: "Taken over by a person",
    Bucket.RESOLVED: "Exceptions resolved",
    Bucket.UNDONE: "Undone",
    Bucket.STEPPED_IN: "Times a person stepped in",
    Bucket.EXPIRED: "Ran out of time before anybody decided",
    Bucket.DECISIONS: "Decisions that were needed",
    Bucket.CHANGES: "Versions published",
    Bucket.COST: "Runs that cost something",
}
