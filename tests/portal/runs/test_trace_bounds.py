"""A trace is shown whatever a model or a tool answered."""

import pytest

from portal.runs.json_text import pretty, pretty_text

DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize("text", [DEEP, "[" * 200_000, "9" * 5000, "NaN", "no JSON"])
def test_an_answer_that_is_no_json_we_read_is_shown_all_the_same(text: str) -> None:
    """G8"""
    assert pretty_text(text)


def test_a_value_that_is_nested_too_deep_is_said_to_be() -> None:
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    assert "nested too deep" in pretty(value)
