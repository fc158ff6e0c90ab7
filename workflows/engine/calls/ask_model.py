"""A step asks its model, or a fallback's where the model keeps failing."""

from audit import outbox
from workflows.definitions.definition import Step
from workflows.engine.calls import fallbacks, journal
from workflows.engine.state import breakers
from workflows.engine.state.context import Context, begin_row
from workflows.models import StepRun
from workflows.steps.results import AskModel


def ask_model(
    context: Context,
    step: Step,
    asked: AskModel,
    *,
    own: bool,
    item: int | None = None,
    attempt: int = 1,
) -> tuple[StepRun, outbox.Job | None]:
    """Write down that a model will be asked; the job is this worker's if ``own``."""
    row = begin_row(context, step, "running", item=item, attempt=attempt)
    held = breakers.hold(context.circuits, "model", asked.model, now_making=own)
    if held is None:
        return row, journal.journal_question(context, row, asked, own=own)
    if fallbacks.plan_for(context, row):
        return row, fallbacks.use_next(context, row, held.why, asked, own=own)[1]
    return row, journal.journal_question(context, row, asked, own=own, due_at=held.until)
