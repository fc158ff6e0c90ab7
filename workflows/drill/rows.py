"""Rows of a drill: what was made to fail, what is declared for it, and what happened. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class RowStatus(StrEnum):
    """Whether what happened is what was declared, or what always happens."""

    SHOWN = "shown"
    MISSING = "missing"
    NOT_REACHED = "not_reached"
    ALWAYS = "always"
    UNDECLARED = "undeclared"

    @property
    def label(self) -> str:
        """The status in a few words."""
        return _LABELS[self]


_LABELS = {
    RowStatus.SHOWN: "as declared",
    RowStatus.MISSING: "not as declared",
    RowStatus.NOT_REACHED: "not called",
    RowStatus.ALWAYS: "as always",
    RowStatus.UNDECLARED: "nothing declared",
}


@dataclass(frozen=True, slots=True)
class DrillRow:
    """Row of a drill. ``kind`` is model or tool, ``name`` that of the model or tool that failed.

    ``way`` is the value of a ``Way``, ``what`` the failure in words. ``is_sample``: no finished run
    of the version made the call, so the request and the other answers are samples.
    """

    step: str
    kind: str
    name: str
    way: str
    what: str
    declared: str
    happened: str
    status: RowStatus
    is_sample: bool = False

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return a row that was kept."""
        return cls(**{**value, "status": RowStatus(value["status"])})

    def as_json(self) -> dict[str, Any]:
        """Return the row as it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DrillCount:
    """Counts of a drill: how many fallbacks are declared, and how many of them happened."""

    shown: int
    declared: int

    def __str__(self) -> str:
        if not self.declared:
            return "no fallbacks are declared"
        word = "fallback" if self.declared == 1 else "fallbacks"
        return f"{self.shown} of {self.declared} {word} shown"


def count_rows(rows: Iterable[DrillRow]) -> DrillCount:
    """Return the counts of rows. What is not declared counts only where it did not happen."""
    undeclared = (RowStatus.ALWAYS, RowStatus.UNDECLARED)
    declared = [row for row in rows if row.status not in undeclared]
    return DrillCount(sum(row.status is RowStatus.SHOWN for row in declared), len(declared))
