"""Choices about an item: each with its words, its outcome and its event."""

import pytest

from approvals.models import DecisionChoice
from approvals.models.choices import CONTENT_CHOICES, WAITING_CHOICES
from audit.verbs import Verb


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("accept", ("accepted", "accepted this as written", "Approved", "accepted")),
        ("correct", ("corrected", "accepted this after an edit", "Approved with your changes",
                     "corrected")),
        ("reject", ("rejected", "rejected this", "Rejected, nothing is done", "rejected")),
        ("take_over", ("took over", "took this over", "Yours to handle now", "taken_over")),
        ("again", ("sent back", "sent this back for another attempt",
                   "Sent back, another attempt comes", "sent_back")),
        ("resolve", ("resolved", "resolved this", "Resolved", "resolved")),
        ("undo", ("asked to undo", "asked for this", "Being undone", "undone")),
    ],
)  # fmt: skip
def test_a_choice_is_said_in_each_of_its_places(choice: str, said: tuple[str, ...]) -> None:
    found = DecisionChoice(choice)
    assert (found.past, found.did, found.answer, found.outcome) == said


def test_every_choice_is_an_event_of_its_own() -> None:
    verbs = [choice.verb for choice in DecisionChoice]
    assert len(set(verbs)) == len(DecisionChoice)
    assert verbs[:3] == [Verb.ITEM_ACCEPTED, Verb.ITEM_CORRECTED, Verb.ITEM_REJECTED]


def test_an_undo_is_asked_for_and_never_waits() -> None:
    left_out = set(DecisionChoice) - set(WAITING_CHOICES)
    assert left_out == {DecisionChoice.UNDO}
    assert set(WAITING_CHOICES) - set(CONTENT_CHOICES) == {DecisionChoice.RESOLVE}
