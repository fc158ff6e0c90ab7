"""Cost of model calls: what is known, and how many calls have a price that isn't. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of calls in millionths of a US dollar, and the number of calls it leaves out.

    A call is left out where its price or its tokens aren't known, so it never counts as free.
    """

    micros: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, amounts: Iterable[int | None]) -> Self:
        """Return the cost of calls from each one's amount; None is an unknown one."""
        found = list(amounts)
        return cls(sum(one for one in found if one is not None), found.count(None))

    def __bool__(self) -> bool:
        return bool(self.micros or self.unknown)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.micros + other.micros, self.unknown + other.unknown)
