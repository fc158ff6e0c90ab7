"""Circuit breaker of one tool or model: when its calls have to wait. Pure.

Closed: calls are made. After FAILURES_TO_OPEN failures, each within WINDOW of the one before, the
circuit opens: no call is made for a rest, which doubles each time the circuit opens in a row.
After the rest the circuit is half open: one probe call is made, and its result closes the
circuit or opens it again. The pattern is the circuit breaker of M. Nygard, *Release It!*.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 5
WINDOW = timedelta(minutes=10)
REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
# A probe whose result never came is given up after this time, and the next may be made.
PROBE_TIMEOUT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """State of one circuit, with the field names of its row (``Circuit``)."""

    failed_at: datetime
    failures: int = 1
    opens: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open or half open, so that all calls wait, or all but a probe."""
        return self.opened_at is not None

    @property
    def rested_at(self) -> datetime:
        """The time from which an open circuit is half open. Only for an open circuit."""
        assert self.opened_at is not None
        return self.opened_at + min(REST * (1 << min(self.opens, 12) - 1), LONGEST_REST)


def open_until(state: BreakerState, now: datetime) -> datetime | None:
    """Return until when a call must wait; None where it may be made, perhaps as the probe."""
    if not state.is_open:
        return None
    if now < state.rested_at:
        return state.rested_at
    if state.probe_at is not None and now < state.probe_at + PROBE_TIMEOUT:
        return now + REST
    return None


def after_failure(before: BreakerState | None, now: datetime) -> BreakerState:
    """Return the circuit's state after one more failed call."""
    if before is None:
        return BreakerState(failed_at=now)
    if before.is_open:
        if before.probe_at is None:
            # The call was in flight when the circuit opened: it is no probe, so it says nothing
            # new and must not lengthen the rest.
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
    if failures < FAILURES_TO_OPEN:
        return replace(before, failures=failures, failed_at=now)
    return BreakerState(failed_at=now, failures=failures, opens=1, opened_at=now)
