"""Tries of one tool call: whether an earlier try may have acted, and a try the gate refuses."""

from dataclasses import replace

from workflows.engine.calls.outcomes import Answer
from workflows.exceptions.causes import Cause, caused_problem
from workflows.models import Call


def barred_answer(why: str, *, doubt: bool) -> Answer:
    """Return the answer of a refused try. ``doubt``: an earlier try may have acted."""
    said = f"It may have happened, and can't be asked again. {why}" if doubt else why
    problem = caused_problem(why, Cause.RULE, said)
    return Answer(None, 0, problem=problem, doubt=doubt, is_barred=True)


def final_answer(call: Call, answer: Answer) -> Answer:
    """Return a call's last answer, in doubt where an earlier try may have acted.

    The failure of the last try says nothing about the effect of an earlier one.
    """
    if answer.response is not None or answer.doubt or not may_have_acted(call, 1):
        return answer
    said = f"An earlier try may have acted. {answer.problem}"
    return replace(answer, doubt=True, problem=said)


def may_have_acted(call: Call, claims: int) -> bool:
    """Whether a call, or an earlier try of it, may have reached its tool already.

    ``claims`` is how often the call's outbox row was claimed: more than once means that a worker
    stopped in the middle.
    """
    if claims > 1:
        return True
    # All tries of one call have one key.
    earlier = Call.objects.filter(run_id=call.run_id, key=call.key, status="in_doubt")
    return call.attempt > 1 and earlier.exists()
