"""A planted mistake says what became of it."""

import pytest

from approvals.models import Planted
from tests.approvals.planting_kit import WORDS, answer, planted
from tests.approvals.unsaved import NOBODY
from tests.lanes import Lane

pytestmark = pytest.mark.django_db


def test_the_page_says_so_right_after(lane: Lane) -> None:
    caught = answer(lane, planted(lane), "reject", reason="wrong_facts")
    assert caught.sentence() == (
        f"This was a planted mistake: {WORDS}. You caught it. Nothing would have been done."
    )


@pytest.mark.parametrize(
    ("outcome", "who", "said"),
    [
        ("caught", "You", "You caught it."),
        ("missed", "Dana", "Dana accepted it."),
        ("left", "Dana", "Dana took it over, so it was not approved."),
        ("closed", "Dana", "It was withdrawn."),
        ("", "Dana", "It was withdrawn."),
    ],
)
def test_each_outcome_has_its_sentence(outcome: str, who: str, said: str) -> None:
    found = Planted(tenant_id=NOBODY, mistake="the amount was wrong.", outcome=outcome)
    assert found.sentence(who) == (
        f"This was a planted mistake: the amount was wrong. {said} Nothing would have been done."
    )
