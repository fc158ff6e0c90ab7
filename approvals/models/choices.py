"""Choices a person has about a review item, each with its label, verb and past tense."""

from typing import NamedTuple

from django.db import models

from audit.verbs import Verb


class DecisionChoice(models.TextChoices):
    """A decision about a review item; its ``label`` says what was decided."""

    ACCEPT = "accept", "accepted as written"
    CORRECT = "correct", "accepted after an edit"
    REJECT = "reject", "rejected"
    TAKE_OVER = "take_over", "taken over"
    AGAIN = "again", "sent back"
    RESOLVE = "resolve", "resolved"
    UNDO = "undo", "asked to undo"

    @property
    def past(self) -> str:
        """The past tense in a word or two."""
        return _WORDS[self].past

    @property
    def did(self) -> str:
        """What the person did, to be read after their name."""
        return _WORDS[self].did

    @property
    def answer(self) -> str:
        """What the person is told at once, to be read before the item's title."""
        return _WORDS[self].answer

    @property
    def outcome(self) -> str:
        """The outcome of the item's run, as code."""
        return _WORDS[self].outcome

    @property
    def verb(self) -> Verb:
        """The event in the record."""
        return _WORDS[self].verb


class _Words(NamedTuple):
    past: str
    did: str
    answer: str
    outcome: str
    verb: Verb


_WORDS = {
    DecisionChoice.ACCEPT: _Words(
        "accepted", "accepted this as written", "Approved", "accepted", Verb.ITEM_ACCEPTED
    ),
    DecisionChoice.CORRECT: _Words(
        "corrected",
        "accepted this after an edit",
        "Approved with your changes",
        "corrected",
        Verb.ITEM_CORRECTED,
    ),
    DecisionChoice.REJECT: _Words(
        "rejected",
        "rejected this",
        "Rejected, nothing is done",
        "rejected",
        Verb.ITEM_REJECTED,
    ),
    DecisionChoice.TAKE_OVER: _Words(
        "took over",
        "took this over",
        "Yours to handle now",
        "taken_over",
        Verb.ITEM_TAKEN_OVER,
    ),
    DecisionChoice.AGAIN: _Words(
        "sent back",
        "sent this back for another attempt",
        "Sent back, another attempt comes",
        "sent_back",
        Verb.ITEM_SENT_BACK,
    ),
    DecisionChoice.RESOLVE: _Words(
        "resolved", "resolved this", "Resolved", "resolved", Verb.EXCEPTION_RESOLVED
    ),
    DecisionChoice.UNDO: _Words(
        "asked to undo", "asked for this", "Being undone", "undone", Verb.ITEM_UNDO_ASKED
    ),
}

# What a person may choose about the content of an item that waits, and with exceptions too. An undo
# is asked for, and never waits.
CONTENT_CHOICES = (
    DecisionChoice.ACCEPT,
    DecisionChoice.CORRECT,
    DecisionChoice.REJECT,
    DecisionChoice.TAKE_OVER,
    DecisionChoice.AGAIN,
)
WAITING_CHOICES = (*CONTENT_CHOICES, DecisionChoice.RESOLVE)
