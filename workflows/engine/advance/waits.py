"""Steps that wait: begun, woken by the clock, or by an event."""

from audit import outbox
from audit.jobs import Priority
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows.engine.state.attempts import fail
from workflows.engine.state.context import Context, begin_row, load
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, Problem
from workflows.models import Arrival, StepRun
from workflows.steps import wait
from workflows.steps.results import Await
from workflows.validation.parse import Step

TOPIC = "run.wake"


def begin(context: Context, step: Step, asked: Await) -> None:
    """Wait, unless the event came before; a timer is a row of the outbox."""
    if step.settings.event and (kept := _kept(context, step)):
        row = begin_row(context, step, "done", output=kept.data, ended_at=clock.now())
        take(kept, row)
        return
    row = begin_row(context, step, "waiting", note=asked.said)
    if asked.due_at is not None:
        outbox.owe(TOPIC, row.pk, due_at=asked.due_at, priority=Priority(context.run.priority))


def _kept(context: Context, step: Step) -> Arrival | None:
    kept = Arrival.objects.filter(run=context.run, name=step.settings.event, taken_by=None)
    names = context.names()
    return next((a for a in kept.order_by("id") if wait.wanted(step.settings, a.data, names)), None)


def take(arrival: Arrival, row: StepRun) -> None:
    """Write down which step an event woke: it wakes no other."""
    arrival.taken_by = row
    Arrival.objects.filter(pk=arrival.pk).update(taken_by=row)


def wake(debt: outbox.Debt) -> outbox.Job | outbox.Later | None:
    """Handler of a timer: the wait, or the deadline of an event, is over."""
    from workflows.engine.advance.advance import LOOK_AGAIN, advance

    found = StepRun.objects.filter(pk=debt.object_id, status="waiting", replaced_at=None).first()
    context = load(found.run_id) if found else None
    if found is None or context is None:
        return None
    row = context.steps[found.name]
    if row.pk != debt.object_id or row.status != "waiting":
        return None  # an event was faster
    if context.is_stopped:
        return outbox.Later(LOOK_AGAIN)
    _time_is_up(context, row)
    return advance(context)


def _time_is_up(context: Context, row: StepRun) -> None:
    settings: wait.Settings = context.definition.step(row.name).settings
    go_on(context)
    if not settings.event:
        until = clock.now().isoformat()
        move(row, "done", actor=SYSTEM, output={"until": until}, ended_at=clock.now())
        return
    said = f"The event {settings.event} did not come within {settings.deadline}."
    problem = Problem(said, Cause.NO_EVENT)
    if settings.on_deadline == "continue":
        output = {"deadline_passed": True}
        move(row, "done", actor=SYSTEM, note=problem, output=output, ended_at=clock.now())
        return
    fail(row, problem)
    raise_exception(context, row.name, problem)


def go_on(context: Context) -> None:
    """The run moves again."""
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)


def rest(context: Context) -> None:
    """A run of which every step under way waits is waiting itself."""
    statuses = set(context.statuses().values())
    if context.run.status == "running" and "waiting" in statuses and "running" not in statuses:
        move(context.run, "waiting", actor=SYSTEM)
