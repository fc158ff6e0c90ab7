"""When calls to something that keeps failing are held. Pure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workflows.engine.state.breaker import (
    FAILURES_TO_OPEN,
    LONGEST_REST,
    PROBE_TIMEOUT,
    REST,
    WINDOW,
    BreakerState,
    after_failure,
    open_until,
)

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def after(count: int, *, apart: timedelta = timedelta(seconds=1)) -> BreakerState:
    standing = None
    for n in range(count):
        standing = after_failure(standing, NOON + n * apart)
    assert standing is not None
    return standing


def test_it_opens_after_enough_failures_in_a_row() -> None:
    assert not after(FAILURES_TO_OPEN - 1).is_open
    assert open_until(after(FAILURES_TO_OPEN - 1), NOON) is None
    opened = after(FAILURES_TO_OPEN)
    assert opened.is_open
    assert open_until(opened, opened.failed_at) == opened.failed_at + REST


def test_failures_far_apart_never_open_it() -> None:
    assert not after(50, apart=WINDOW + timedelta(seconds=1)).is_open


def test_half_open_lets_one_through_and_holds_the_others() -> None:
    opened = after(FAILURES_TO_OPEN)
    later = opened.rested_at
    assert open_until(opened, later) is None
    trying = BreakerState(opened.failed_at, opened.failures, 1, opened.opened_at, probe_at=later)
    assert open_until(trying, later) is not None
    assert open_until(trying, later + PROBE_TIMEOUT) is None  # who tried never came back


def test_each_failed_try_doubles_the_rest_up_to_the_longest() -> None:
    standing = after(FAILURES_TO_OPEN)
    rests = []
    for _ in range(8):
        assert standing.opened_at is not None
        rests.append(standing.rested_at - standing.opened_at)
        now = standing.rested_at
        trying = BreakerState(
            now, standing.failures, standing.opens, standing.opened_at, probe_at=now
        )
        standing = after_failure(trying, now)
    assert rests[:3] == [REST, 2 * REST, 4 * REST]
    assert rests[-1] == LONGEST_REST


def test_a_failure_from_before_it_opened_does_not_lengthen_the_rest() -> None:
    opened = after(FAILURES_TO_OPEN)
    late = after_failure(opened, opened.failed_at + timedelta(seconds=5))
    assert (late.opens, late.opened_at) == (opened.opens, opened.opened_at)


@given(st.lists(st.integers(0, 3600), max_size=40))
def test_an_open_circuit_always_half_opens_in_the_end(gaps: list[int]) -> None:
    standing, now = None, NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        standing = after_failure(standing, now)
    if standing is not None and standing.is_open:
        assert open_until(standing, now + LONGEST_REST) is None
