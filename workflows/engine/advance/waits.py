"""Steps wait for a time or an event: how a wait begins, and what an event wakes."""

from audit import outbox
from audit.jobs import Priority
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows.definitions.definition import Step
from workflows.engine.state.context import Context, begin_row
from workflows.models import Arrival, StepRun
from workflows.steps import wait
from workflows.steps.results import Await

TOPIC = "run.wake"


def begin(context: Context, step: Step, asked: Await) -> None:
    """Wait, unless the event came before; a timer is a row of the outbox."""
    if step.settings.event and (kept := _kept(context, step)):
        row = begin_row(context, step, "done", output=kept.data, ended_at=clock.now())
        take(kept, row)
        return
    row = begin_row(context, step, "waiting", note=asked.said)
    if asked.due_at is not None:
        outbox.enqueue(TOPIC, row.pk, due_at=asked.due_at, priority=Priority(context.run.priority))


def _kept(context: Context, step: Step) -> Arrival | None:
    kept = Arrival.objects.filter(run=context.run, name=step.settings.event, taken_by=None)
    names = context.names()
    return next((a for a in kept.order_by("id") if wait.wanted(step.settings, a.data, names)), None)


def take(arrival: Arrival, row: StepRun) -> None:
    """Write down which step an event woke: it wakes no other."""
    arrival.taken_by = row
    Arrival.objects.filter(pk=arrival.pk).update(taken_by=row)


def continue_after_wait(context: Context) -> None:
    """The run moves again."""
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)


def rest(context: Context) -> None:
    """A run of which every step under way waits is waiting itself."""
    statuses = set(context.statuses().values())
    if context.run.status == "running" and "waiting" in statuses and "running" not in statuses:
        move(context.run, "waiting", actor=SYSTEM)
