"""Tries of one call: what is known of those that were made, and one that the gate refuses."""

from dataclasses import replace

from workflows.engine.calls.outcomes import Answer
from workflows.exceptions.causes import Cause, caused_problem
from workflows.models import Call


def barred(why: str, *, doubt: bool) -> Answer:
    """A try that the gate refused. ``doubt``: an earlier one may have acted."""
    said = f"It may have happened, and can't be asked again. {why}" if doubt else why
    problem = caused_problem(why, Cause.RULE, said)
    return Answer(None, 0, problem=problem, doubt=doubt, is_barred=True)


def in_the_end(call: Call, answer: Answer) -> Answer:
    """What is known once a tool is not asked again: a try that failed says nothing of one before
    it that may have acted.
    """
    if answer.response is not None or answer.doubt or not may_have_acted(call, 1):
        return answer
    said = f"An earlier try may have acted. {answer.problem}"
    return replace(answer, doubt=True, problem=said)


def may_have_acted(call: Call, claims: int) -> bool:
    """Whether a tool may have been reached by this call already, or by an earlier try of it.

    ``claims`` is how often the call's row was claimed: more than once means that a worker
    stopped in the middle.
    """
    if claims > 1:
        return True
    earlier = Call.objects.filter(run_id=call.run_id, key=call.key, status="in_doubt")
    return call.attempt > 1 and earlier.exists()
