"""Retries, timeouts and fallbacks of a step: what may be written, and how it is said."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from workflows.definitions.on_failure import Fallback, Fallbacks, Retry, seconds
from workflows.definitions.schema import StepHead

FALLBACKS: TypeAdapter[list[Fallback]] = TypeAdapter(Fallbacks)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("500ms", 0.5),
        ("2s", 2.0),
        (" 1.5 m ", 90.0),
        ("1h", 3600.0),
        ("24h", 86400.0),
        (86400, 86400.0),
        (0, 0.0),
        (0.25, 0.25),
    ],
)
def test_a_time_is_written_with_its_unit_or_in_seconds(written: Any, found: float) -> None:
    assert seconds(written) == found


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("24.01h", "between 0 and 24 hours"),
        (86401, "between 0 and 24 hours"),
        (-1, "between 0 and 24 hours"),
        (10**400, "between 0 and 24 hours"),
        (float("nan"), "between 0 and 24 hours"),
        ("1d", "Write a time such as"),
        ("-1s", "Write a time such as"),
        ("", "Write a time such as"),
        (True, "Write a time such as"),
        (None, "Write a time such as"),
    ],
)
def test_what_is_no_time_of_a_day_is_refused(written: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        seconds(written)


@pytest.mark.parametrize(("written", "fits"), [(0.9, False), (1, True), (600, True), (601, False)])
def test_a_timeout_lies_between_a_second_and_ten_minutes(written: float, fits: bool) -> None:
    if fits:
        assert StepHead(name="a", timeout=written).timeout == written
    else:
        with pytest.raises(ValidationError):
            StepHead(name="a", timeout=written)


@pytest.mark.parametrize(("attempts", "fits"), [(0, False), (1, True), (10, True), (11, False)])
def test_a_call_is_made_once_to_ten_times(attempts: int, fits: bool) -> None:
    if fits:
        assert Retry(attempts=attempts).attempts == attempts
    else:
        with pytest.raises(ValidationError):
            Retry(attempts=attempts)


def test_the_bare_word_on_means_the_kinds_though_yaml_reads_it_as_true() -> None:
    assert Retry.model_validate({True: ["timeout"]}) == Retry(on=["timeout"])


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Fallback(model="openai/other"), "the model openai/other"),
        (Fallback(tool="shop.credit", args={"order": "'1'"}), "the tool shop.credit"),
        (Fallback(person="owner"), "a person"),
        (Fallback(value={}), "a fixed value"),
    ],
)
def test_a_fallback_is_said_in_words(plan: Fallback, said: str) -> None:
    assert plan.said() == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "exactly one of model, tool, person or value"),
        ({"model": "a", "tool": "b"}, "exactly one of model, tool, person or value"),
        ({"person": "owner", "value": {}}, "exactly one of model, tool, person or value"),
        ({"model": "a", "args": {}}, "args belong to a tool"),
        ({"person": "viewer"}, "Input should be"),
    ],
)
def test_a_fallback_is_exactly_one_thing(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Fallback.model_validate(written)


def test_one_fallback_may_stand_without_a_list_and_five_are_the_most() -> None:
    one = {"model": "a"}
    assert FALLBACKS.validate_python(one) == [Fallback(model="a")]
    assert len(FALLBACKS.validate_python([one] * 5)) == 5
    with pytest.raises(ValidationError, match="at most 5"):
        FALLBACKS.validate_python([one] * 6)
