"""A timer is over: the step that waited for it, or for an event until then, ends."""

from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows.engine.advance import waits
from workflows.engine.advance.advance import LOOK_AGAIN, advance
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import StepRun
from workflows.steps import wait


def timer_due(debt: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of a timer: the wait, or the deadline of an event, is over."""
    found = StepRun.objects.filter(pk=debt.object_id, status="waiting", replaced_at=None).first()
    context = lock_context(found.run_id) if found else None
    if found is None or context is None:
        return None
    row = context.steps[found.name]
    if row.pk != debt.object_id or row.status != "waiting":
        return None  # an event was faster
    if context.is_stopped:
        return outbox.Postpone(LOOK_AGAIN)
    _time_is_up(context, row)
    return advance(context)


def _time_is_up(context: Context, row: StepRun) -> None:
    settings: wait.Settings = context.definition.step(row.name).settings
    waits.continue_after_wait(context)
    if not settings.event:
        until = clock.now().isoformat()
        move(row, "done", actor=SYSTEM, output={"until": until}, ended_at=clock.now())
        return
    said = f"The event {settings.event} did not come within {settings.deadline}."
    problem = CausedProblem(said, Cause.NO_EVENT)
    if settings.on_deadline == "continue":
        output = {"deadline_passed": True}
        move(row, "done", actor=SYSTEM, note=problem, output=output, ended_at=clock.now())
        return
    fail_step(row, problem)
    raise_exception(context, row.name, problem)
