"""Words about exceptions: who resolves one, what was done, its title in the queue. Pure."""

from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.causes import Cause, CausedProblem, Responsible
from workflows.exceptions.draft import ExceptionDraft

NOT_DONE = "Nothing was sent, changed or charged by it. What was done before it stays as it is."
PART = "What that part did before it ended stays as it is: its run says what."
DOUBT = "It may or may not have been done: look before it is done again."
HALTED = "Nothing more is done for this request until it is mended. What was done stays as it is."

ASKS = "It has not come to its end. It goes on once this is answered, or ends."

HALTING = (Cause.CODE, Cause.STALLED)


def effect_sentence(cause: Cause, *, of_part: bool = False) -> str:
    """Return what was and was not done, for the client. ``of_part``: a child run did a part."""
    if of_part or cause is Cause.PART_ENDED:
        return PART
    if cause is Cause.IN_DOUBT:
        return DOUBT
    if cause is Cause.TOOL_ASKS:
        return ASKS
    return HALTED if cause in HALTING else NOT_DONE


def responsible_for(raised: ExceptionDraft) -> Responsible:
    """Return the party that resolves an exception; the client for one handed to a person there."""
    if raised.cause is None or raised.is_handed:  # older than the causes, or handed on
        return Responsible.CLIENT
    return WORDS[raised.cause].responsible


def exception_title(workflow: str, problem: CausedProblem) -> str:
    """Return an exception's title in the queue, in words for the client."""
    words = WORDS[problem.cause]
    return f"{workflow}: {problem if words.tells else words.short}"
