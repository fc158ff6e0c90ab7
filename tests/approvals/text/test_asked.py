"""The line of a request that tells one item from another in the queue."""

import pytest

from approvals.text.asked import LONGEST, first_line


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"subject": "Lamp", "message": "\n  It broke.\nPlease help."}, "It broke."),
        ({"subject": "Lamp", "message": " \u200b\n"}, "Lamp"),
        ({"subject": "Lamp", "order_id": "10412"}, "Lamp"),
        ({"order_id": "10412", "note": "Two words"}, "Two words"),
        ({"order_id": "10412"}, ""),
        ({"message": 5}, ""),
        ({}, ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_it_is_the_first_line_that_says_something(given: object, line: str) -> None:
    assert first_line(given) == line


def test_a_long_line_is_cut_with_a_sign() -> None:
    line = first_line({"message": "word " * 100})
    assert len(line) <= LONGEST
    assert line.endswith("…")
