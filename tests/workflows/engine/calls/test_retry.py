"""How often and when a failed call is made again. Pure."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.definitions.on_failure import Fallback, Retry, seconds
from workflows.engine.calls.retry import retry_delay, should_retry


def test_waits_grow_by_the_factor_up_to_the_most() -> None:
    policy = Retry(attempts=6, wait="2s", factor=3, most="30s", jitter=0)
    waits = [retry_delay(policy, n, 0.7).total_seconds() for n in range(1, 6)]
    assert waits == [2, 6, 18, 30, 30]


@given(st.floats(0, 1), st.integers(1, 10), st.floats(0, 1))
def test_jitter_only_ever_shortens_a_wait(luck: float, attempt: int, jitter: float) -> None:
    policy = Retry(jitter=jitter)
    whole = retry_delay(policy, attempt, 0)
    assert (
        whole * (1 - jitter) - timedelta(milliseconds=1)
        <= retry_delay(policy, attempt, luck)
        <= whole
    )


def test_only_the_named_kinds_are_worth_another_try() -> None:
    policy = Retry(attempts=3, on=["timeout"])
    assert should_retry(policy, "timeout", 2)
    assert not should_retry(policy, "timeout", 3)
    assert not should_retry(policy, "unavailable", 1)
    assert not should_retry(Retry(), "refused", 1)
    assert not should_retry(Retry(), "bad_answer", 1)


@pytest.mark.parametrize(
    ("said", "is_seconds"), [("500ms", 0.5), ("2s", 2), ("5m", 300), ("1h", 3600), (7, 7)]
)
def test_spans_are_written_as_people_write_them(said: object, is_seconds: float) -> None:
    assert seconds(said) == is_seconds


@pytest.mark.parametrize("said", ["2 weeks", "", "-1s", True, "25h", None, "1e9s", [2]])
def test_other_spans_are_refused(said: object) -> None:
    with pytest.raises(ValueError, match="time"):
        seconds(said)


@pytest.mark.parametrize("more", [{}, {"model": "m", "tool": "t"}, {"model": "m", "args": {}}])
def test_a_fallback_is_exactly_one_thing(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"exactly one|belong"):
        Fallback.model_validate(more)
