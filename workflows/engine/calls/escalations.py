"""Escalation of a routed call: a stronger model of the table is asked, once for a step's question.

It is asked where an answer does not fit, or where sources don't support what it cites. An answer
that fits is kept: where the stronger model gives none it is used after all.
"""

from uuid import UUID

from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants.actors import SYSTEM
from workflows.engine.calls import fallbacks, journal, routes
from workflows.engine.state import breakers
from workflows.engine.state.context import Context
from workflows.models import Call, StepRun
from workflows.routing.choice import Escalation
from workflows.steps.results import AskModel

UNSUPPORTED = "Its sources don't support {} of the sentences that name one."


def is_escalated(call: Call) -> bool:
    """Whether a stronger model was asked for a call's question already."""
    return bool(call.choice and call.choice.get("escalated"))


def former_call(call: Call) -> UUID | None:
    """Return the id of the call whose answer is used where this one gives none; None for none."""
    found = call.choice.get("former") if call.choice else None
    return UUID(found) if found else None


def escalate_unfit(
    context: Context, row: StepRun, call: Call, problem: str
) -> tuple[bool, outbox.Job | None]:
    """Ask a stronger model what a model's answer did not fit, as the step's next attempt.

    Returns whether there was one, and the call that this worker makes now, if any.
    """
    question = _admitted_question(context, call, Escalation.SCHEMA)
    if question is None:
        return False, None
    return True, fallbacks.ask_anew(context, row, question, problem)


def escalate_unsupported(
    context: Context, row: StepRun, call: Call, unsupported: int
) -> tuple[bool, outbox.Job | None]:
    """Ask a stronger model for a text whose sources don't support it, in the same attempt.

    Returns the same as ``escalate_unfit``. The former answer is kept, as it fits.
    """
    question = _admitted_question(context, call, Escalation.SUPPORT) if unsupported else None
    if question is None:
        return False, None
    assert question.choice is not None
    question.choice["former"] = str(call.pk)
    after = {"fallback": f"the model {question.model}"}
    record(
        Verb.STEP_FELL_BACK, row, actor=SYSTEM, after=after, reason=UNSUPPORTED.format(unsupported)
    )
    own, attempt = not context.is_stopped, call.attempt + 1
    return True, journal.journal_question(context, row, question, own=own, attempt=attempt)


def _admitted_question(context: Context, call: Call, because: Escalation) -> AskModel | None:
    """Return a call as a question to a stronger model that may be asked now."""
    question = None if is_escalated(call) else routes.stronger_candidate(context, call, because)
    if question is None:
        return None
    own = not context.is_stopped
    # Another worker may have taken the probe of its circuit since it was chosen.
    delay = breakers.admit_call(context.circuits, "model", question.model, take_probe=own)
    return None if delay else question
