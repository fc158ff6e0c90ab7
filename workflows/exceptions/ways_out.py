"""Ways out of an exception: their codes, their labels, and what is told of them afterwards."""

from django.db import models


class WayOut(models.TextChoices):
    """A way out of an exception; its ``label`` is the button or the choice."""

    ANSWER = "answer", "Answer it"
    DECLINE = "decline", "Don't answer it"
    RETRY = "retry", "Try again from here"
    ASK_AGAIN = "ask_again", "Ask for approval again"
    UNDO_AGAIN = "undo_again", "Try to undo it again"
    SKIP = "skip", "Skip it with a value"
    HAND = "hand", "Hand it to a person"
    CANCEL = "cancel", "Cancel the run"
    HAPPENED = "happened", "It did happen"
    DID_NOT = "did_not", "It did not happen"
    CLOSE = "close", "Close it, we'll handle it"

    @property
    def needs_form(self) -> bool:
        """Whether a person fills in a form for it; the others are one click."""
        return self in (WayOut.SKIP, WayOut.HAND, WayOut.ANSWER)

    @property
    def told(self) -> str:
        """The sentence a report tells of it."""
        return _TOLD.get(self, "A person took it from there.")


_TOLD = {
    WayOut.ANSWER: "A person answered what the other system asked.",
    WayOut.DECLINE: "A person did not answer what the other system asked.",
    WayOut.RETRY: "A person had it try again.",
    WayOut.ASK_AGAIN: "Approval was asked for again.",
    WayOut.SKIP: "A person gave a value instead.",
    WayOut.HAND: "It was handed to a person.",
    WayOut.CANCEL: "A person cancelled the run.",
    WayOut.HAPPENED: "A person looked: it had happened.",
    WayOut.DID_NOT: "A person looked: it had not happened.",
}

# Every exception can be closed, unless nobody may leave it open.
RETRY_OR_CLOSE = (WayOut.RETRY, WayOut.CLOSE)
ANSWERS = (WayOut.ANSWER, WayOut.DECLINE)
ANSWER_OR_NOT = (*ANSWERS, WayOut.HAND, WayOut.CANCEL)
LOOK_WHETHER = (WayOut.HAPPENED, WayOut.DID_NOT)


def way_out_label(code: str) -> str:
    """Return the label of a stored way out; empty for a code that is none."""
    return WayOut(code).label if code in WayOut.values else ""


def all_ways_out(given: tuple[WayOut, ...], step: str) -> list[WayOut]:
    """Return every way out of an exception of ``step``: the given ones first, "close" last."""
    first = [way for way in given if way is not WayOut.CLOSE]
    more = [WayOut.HAND] if WayOut.HAPPENED in given else [WayOut.HAND, WayOut.CANCEL]
    if step != "run" and {WayOut.RETRY, WayOut.ASK_AGAIN} & set(given):
        more.insert(0, WayOut.SKIP)
    last = [way for way in given if way is WayOut.CLOSE]
    return first + more + last
