"""When calls to something that keeps failing are held. Pure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workflows.engine.state.breaker import (
    LONGEST_REST,
    MODEL_LIMITS,
    PROBE_TIMEOUT,
    REST,
    TOOL_LIMITS,
    BreakerLimits,
    BreakerState,
    after_failure,
    after_request_to_rest,
    limits_of,
    open_until,
)

FAILURES_TO_OPEN = TOOL_LIMITS.failures
NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def after(
    count: int, *, apart: timedelta = timedelta(seconds=1), limits: BreakerLimits = TOOL_LIMITS
) -> BreakerState:
    standing = None
    for n in range(count):
        standing = after_failure(standing, NOON + n * apart, limits)
    assert standing is not None
    return standing


def test_it_opens_after_enough_failures_in_a_row() -> None:
    assert not after(FAILURES_TO_OPEN - 1).is_open
    assert open_until(after(FAILURES_TO_OPEN - 1), NOON, TOOL_LIMITS) is None
    opened = after(FAILURES_TO_OPEN)
    assert opened.is_open
    assert open_until(opened, opened.failed_at, TOOL_LIMITS) == opened.failed_at + REST


def test_failures_far_apart_never_open_it() -> None:
    assert not after(50, apart=TOOL_LIMITS.window + timedelta(seconds=1)).is_open


def test_half_open_lets_one_through_and_holds_the_others() -> None:
    opened = after(FAILURES_TO_OPEN)
    later = opened.rested_at
    assert open_until(opened, later, TOOL_LIMITS) is None
    trying = BreakerState(opened.failed_at, opened.failures, 1, opened.opened_at, probe_at=later)
    assert open_until(trying, later, TOOL_LIMITS) is not None
    assert (
        open_until(trying, later + PROBE_TIMEOUT, TOOL_LIMITS) is None
    )  # who tried never came back


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
        standing = after_failure(trying, now, TOOL_LIMITS)
    assert rests[:3] == [REST, 2 * REST, 4 * REST]
    assert rests[-1] == LONGEST_REST


def test_a_failure_from_before_it_opened_does_not_lengthen_the_rest() -> None:
    opened = after(FAILURES_TO_OPEN)
    late = after_failure(opened, opened.failed_at + timedelta(seconds=5), TOOL_LIMITS)
    assert (late.opens, late.opened_at) == (opened.opens, opened.opened_at)


@given(st.lists(st.integers(0, 3600), max_size=40))
def test_an_open_circuit_always_half_opens_in_the_end(gaps: list[int]) -> None:
    standing, now = None, NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        standing = after_failure(standing, now, TOOL_LIMITS)
    if standing is not None and standing.is_open:
        assert open_until(standing, now + LONGEST_REST, TOOL_LIMITS) is None


def test_a_model_opens_sooner_than_a_tool_and_is_looked_at_sooner() -> None:
    assert after(MODEL_LIMITS.failures, limits=MODEL_LIMITS).is_open
    assert not after(MODEL_LIMITS.failures).is_open
    assert (limits_of("model"), limits_of("tool")) == (MODEL_LIMITS, TOOL_LIMITS)
    opened = after(2, limits=MODEL_LIMITS)
    later = opened.rested_at
    trying = BreakerState(opened.failed_at, 2, 1, opened.opened_at, probe_at=later)
    assert open_until(trying, later, MODEL_LIMITS) == later + MODEL_LIMITS.recheck
    assert open_until(trying, later, TOOL_LIMITS) == later + REST


def test_who_asks_for_a_pause_rests_until_then_and_is_free_again() -> None:
    state = after_request_to_rest(None, NOON, 20)
    until = NOON + timedelta(seconds=20)
    assert not state.is_open
    assert open_until(state, NOON, MODEL_LIMITS) == until
    assert state.rests(until - timedelta(seconds=1))
    assert open_until(state, until, MODEL_LIMITS) is None


def test_a_later_answer_never_shortens_the_pause() -> None:
    state = after_request_to_rest(None, NOON, 300)
    assert after_request_to_rest(state, NOON, 1).rest_until == state.rest_until


def test_an_open_circuit_rests_for_what_was_asked_where_that_is_longer() -> None:
    opened = after(2, limits=MODEL_LIMITS)
    longer = after_request_to_rest(opened, opened.failed_at, 600)
    assert longer.rested_at == opened.failed_at + timedelta(seconds=600)
    assert after_request_to_rest(opened, opened.failed_at, 1).rested_at == opened.rested_at
