"""Timers of wait steps: end a step whose time has come, or whose event did not come in time."""

from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows.engine.advance.advance import RECHECK_AFTER, advance
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.moves import set_running
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import StepRun
from workflows.steps import wait


def end_wait(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``run.wake``: end a wait step at its time, or at its event's deadline."""
    found = StepRun.objects.filter(pk=claim.object_id, status="waiting", replaced_at=None).first()
    context = lock_context(found.run_id) if found else None
    if found is None or context is None:
        return None
    row = context.steps[found.name]
    # Read again under the run's lock.
    if row.pk != claim.object_id or row.status != "waiting":
        return None  # the event came first, and ended the step
    if context.is_stopped:
        return outbox.Postpone(RECHECK_AFTER)
    _end_step(context, row)
    return advance(context)


def _end_step(context: Context, row: StepRun) -> None:
    settings: wait.Settings = context.definition.step(row.name).settings
    set_running(context)
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
