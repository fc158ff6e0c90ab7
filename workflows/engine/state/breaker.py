"""Circuit breaker of one tool or model: when its calls have to wait. Pure.

Closed: calls are made. After some failures in a row, each within a time of the one before, the
circuit opens: no call is made for a rest, which doubles each time the circuit opens in a row.
After the rest the circuit is half open: one probe call is made, and its result closes the
circuit or opens it again. The pattern is the circuit breaker of M. Nygard, *Release It!*.

Whoever answers with a Retry-After rests until then, whether or not the circuit is open.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
# A probe whose result never came is given up after this time, and the next may be made.
PROBE_TIMEOUT = timedelta(minutes=2)
# For so long a call that yields leaves the probe to others.
YIELD = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """Limits of a circuit: ``failures`` in a row open it, each within ``window`` of the last.

    While a probe is out the other calls look again after ``recheck``.
    """

    failures: int
    window: timedelta
    recheck: timedelta


TOOL_LIMITS = BreakerLimits(failures=5, window=timedelta(minutes=10), recheck=REST)
# Fewer: another model can answer, and each call that reaches a dead one is a wait for its timeout.
# A model's answer takes seconds, so calls that wait for a probe look again soon.
MODEL_LIMITS = BreakerLimits(failures=2, window=timedelta(minutes=2), recheck=timedelta(seconds=5))


def limits_of(kind: str) -> BreakerLimits:
    """Return the limits of the circuits of a ``kind``: model or tool."""
    return MODEL_LIMITS if kind == "model" else TOOL_LIMITS


@dataclass(frozen=True, slots=True)
class BreakerState:
    """State of one circuit, with the field names of its row (``Circuit``)."""

    failed_at: datetime
    failures: int = 1
    opens: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    rest_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open or half open, so that all calls wait, or all but a probe."""
        return self.opened_at is not None

    @property
    def rested_at(self) -> datetime:
        """The time from which an open circuit is half open. Only for an open circuit."""
        assert self.opened_at is not None
        rested = self.opened_at + min(REST * (1 << min(self.opens, 12) - 1), LONGEST_REST)
        return max(rested, self.rest_until or rested)

    def rests(self, now: datetime) -> bool:
        """Whether the other side asked for no call before a time that is still to come."""
        return self.rest_until is not None and now < self.rest_until


def open_until(state: BreakerState, now: datetime, limits: BreakerLimits) -> datetime | None:
    """Return until when a call must wait; None where it may be made, perhaps as the probe."""
    if not state.is_open:
        return state.rest_until if state.rests(now) else None
    if now < state.rested_at:
        return state.rested_at
    if state.probe_at is not None and now < state.probe_at + PROBE_TIMEOUT:
        return now + limits.recheck
    return None


def after_failure(
    before: BreakerState | None, now: datetime, limits: BreakerLimits
) -> BreakerState:
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
    failures = before.failures + 1 if now - before.failed_at <= limits.window else 1
    if failures < limits.failures:
        return replace(before, failures=failures, failed_at=now)
    return replace(before, failed_at=now, failures=failures, opens=1, opened_at=now)


def after_request_to_rest(
    before: BreakerState | None, now: datetime, seconds: float
) -> BreakerState:
    """Return the state after an answer that asked for no call within ``seconds``."""
    state = before or BreakerState(failed_at=now, failures=0)
    until = now + timedelta(seconds=seconds)
    # A later answer never shortens the rest: calls in flight at once may be told several times.
    return replace(state, rest_until=max(until, state.rest_until or until))
