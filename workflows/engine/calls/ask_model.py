"""Model call of a step: to the step's model, or to a fallback's where its circuit is open."""

from audit import outbox
from workflows.definitions.definition import Step
from workflows.engine.calls import fallbacks, journal
from workflows.engine.calls.routes import admitted, routed
from workflows.engine.state.context import Context, begin_row
from workflows.models import StepRun
from workflows.steps.results import AskModel


def ask_model(
    context: Context,
    step: Step,
    question: AskModel,
    *,
    own: bool,
    item: int | None = None,
    attempt: int = 1,
) -> tuple[StepRun, outbox.Job | None]:
    """Insert a running step's row and journal its model call; return both row and job.

    With ``own`` this worker makes the call, if no limit or open circuit delays it; else the call
    is enqueued and the job is None. A fallback's value finishes the step without a call. Raises
    Invalid, before anything is written, where no model may be asked.
    """
    question = routed(context, step, question)
    row = begin_row(context, step, "running", item=item, attempt=attempt)
    question, delay = admitted(context, question, take_probe=own)
    if delay is None:
        return row, journal.journal_question(context, row, question, own=own)
    # Another model answers at once, and waiting for the circuit may take minutes.
    if fallbacks.plan_for(context, row, [question.model]):
        return row, fallbacks.use_next(
            context, row, delay.why, question, asked=[question.model], own=own
        )[1]
    return row, journal.journal_question(context, row, question, own=own, due_at=delay.until)
