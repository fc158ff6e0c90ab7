"""A late decision is told which decision came first, by whom and when."""

from datetime import UTC, datetime

import pytest

from portal.review.item.conflict import conflict_in_words
from tenants.errors import Conflict

AT = datetime(2026, 11, 17, 10, 4, tzinfo=UTC)


def late(choice: str, reason: str = "") -> Conflict:
    data = {"at": AT, "by": "Dana", "choice": choice, "reason": reason}
    return Conflict("It was decided already.", code="already_decided", **data)


@pytest.mark.parametrize(
    ("choice", "reason", "said"),
    [
        ("accept", "", "Dana approved this on 17 Nov 10:04: accepted as written."),
        ("correct", "", "Dana approved this on 17 Nov 10:04: accepted after an edit."),
        ("reject", "tone", "Dana rejected this on 17 Nov 10:04: tone."),
        ("again", "tone", "Dana sent this back on 17 Nov 10:04: tone."),
        ("take_over", "", "Dana took this over on 17 Nov 10:04."),
    ],
)
def test_what_came_first_is_said(choice: str, reason: str, said: str) -> None:
    assert conflict_in_words(late(choice, reason)).message == said


@pytest.mark.parametrize("choice", ["undo", "", "nonsense"])
def test_what_is_no_decision_of_a_person_is_left_as_it_is(choice: str) -> None:
    error = late(choice)
    assert conflict_in_words(error) is error
