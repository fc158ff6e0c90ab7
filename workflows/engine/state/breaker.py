"""When calls to something that keeps failing are held. Pure.

Closed: calls go through. After IN_A_ROW failures within WINDOW of each other it opens:
nothing is called for a rest, twice as long each time in a row. Then it is half open:
one call is let through to try, and what comes of it closes or opens it again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

IN_A_ROW = 5
WINDOW = timedelta(minutes=10)
REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
# A call that was let through and never came back is given up on after this.
PROBE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """How something stands; the same names as the row that keeps it."""

    failed_at: datetime
    failures: int = 1
    opens: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are held, all or all but one."""
        return self.opened_at is not None

    @property
    def rested_at(self) -> datetime:
        """When it is half open. Only of an open one."""
        assert self.opened_at is not None
        return self.opened_at + min(REST * (1 << min(self.opens, 12) - 1), LONGEST_REST)


def held_until(standing: BreakerState, now: datetime) -> datetime | None:
    """Until when a call must wait; None where it may be made, perhaps to try."""
    if not standing.is_open:
        return None
    if now < standing.rested_at:
        return standing.rested_at
    if standing.probe_at is not None and now < standing.probe_at + PROBE:
        return now + REST
    return None


def failed(before: BreakerState | None, now: datetime) -> BreakerState:
    """How it stands after one more failure."""
    if before is None:
        return BreakerState(failed_at=now)
    if before.is_open:
        if before.probe_at is None:
            # It was on its way when the circuit opened: that says nothing new.
            return replace(before, failures=before.failures + 1, failed_at=now)
        return replace(
            before,
            failures=before.failures + 1,
            failed_at=now,
            opens=before.opens + 1,
            opened_at=now,
            probe_at=None,
        )
    failures = before.failures + 1 if now - before.failed_at <= WINDOW else 1
    if failures < IN_A_ROW:
        return replace(before, failures=failures, failed_at=now)
    return BreakerState(failed_at=now, failures=failures, opens=1, opened_at=now)
