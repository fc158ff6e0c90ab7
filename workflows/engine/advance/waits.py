"""Wait steps: begin the wait for a time or an event, and take the event that ends it."""

from audit import outbox
from audit.jobs import Priority
from tenants import clock
from workflows.definitions.definition import Step
from workflows.engine.state.context import Context, begin_row
from workflows.models import Arrival, StepRun
from workflows.steps import wait
from workflows.steps.results import Await

TOPIC = "run.wake"


def begin(context: Context, step: Step, awaited: Await) -> None:
    """Begin a wait step, or finish it at once where its event has arrived before.

    A wait with a due time enqueues its timer.
    """
    if step.settings.event and (kept := _early_event(context, step)):
        row = begin_row(context, step, "done", output=kept.data, ended_at=clock.now())
        consume_event(kept, row)
        return
    row = begin_row(context, step, "waiting", note=awaited.said)
    if awaited.due_at is not None:
        outbox.enqueue(
            TOPIC, row.pk, due_at=awaited.due_at, priority=Priority(context.run.priority)
        )


def _early_event(context: Context, step: Step) -> Arrival | None:
    kept = Arrival.objects.filter(run=context.run, name=step.settings.event, taken_by=None)
    names = context.names()
    return next(
        (a for a in kept.order_by("id") if wait.is_awaited(step.settings, a.data, names)), None
    )


def consume_event(arrival: Arrival, row: StepRun) -> None:
    """Mark an arrived event as taken by a step, so that it ends no other wait."""
    arrival.taken_by = row
    Arrival.objects.filter(pk=arrival.pk).update(taken_by=row)
