"""Choices a person has about a review item, each with its verb, label and past tense."""

from typing import Self

from django.db import models

from audit.verbs import Verb


class DecisionChoice(models.TextChoices):
    """A decision about a review item.

    ``label`` names the decision, ``past`` is its past tense in a word or two, ``did`` follows
    the person's name ("Dana rejected this"), and ``verb`` is the event in the record.
    """

    past: str
    did: str
    verb: Verb

    ACCEPT = (
        "accept",
        "accepted",
        "accepted this as written",
        Verb.ITEM_ACCEPTED,
        "accepted as written",
    )
    CORRECT = (
        "correct",
        "corrected",
        "accepted this after an edit",
        Verb.ITEM_CORRECTED,
        "accepted after an edit",
    )
    REJECT = ("reject", "rejected", "rejected this", Verb.ITEM_REJECTED, "rejected")
    TAKE_OVER = (
        "take_over",
        "took over",
        "took this over",
        Verb.ITEM_TAKEN_OVER,
        "taken over",
    )
    AGAIN = (
        "again",
        "sent back",
        "sent this back for another attempt",
        Verb.ITEM_SENT_BACK,
        "sent back",
    )
    RESOLVE = ("resolve", "resolved", "resolved this", Verb.EXCEPTION_RESOLVED, "resolved")
    UNDO = ("undo", "asked to undo", "asked for this", Verb.ITEM_UNDO_ASKED, "asked to undo")

    def __new__(cls, value: str, past: str, did: str, verb: Verb) -> Self:
        """The member with the words of its row; Django takes the last one as its label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.past, member.did, member.verb = past, did, verb
        return member
