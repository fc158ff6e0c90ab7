"""A run moves between running and waiting, and is reopened after it failed."""

from audit.transitions import move
from tenants.actors import SYSTEM
from workflows.engine.state.context import Context
from workflows.models import Run


def set_running(context: Context) -> None:
    """Move a waiting run back to running; any other run stays as it is."""
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)


def set_waiting(context: Context) -> None:
    """Move a running run to waiting; any other run stays as it is."""
    if context.run.status == "running":
        move(context.run, "waiting", actor=SYSTEM)


def wait_if_idle(context: Context) -> None:
    """Move a run to waiting where a step of it waits and none is running.

    An agent step under way is what its parts are: it may wait for what it handed over.
    """
    rows = context.steps.values()
    statuses = {row.status for row in rows if (row.kind, row.status) != ("agent", "running")}
    if "waiting" in statuses and "running" not in statuses:
        set_waiting(context)


def reopen(run: Run) -> None:
    """Move a failed run back to running, without its problem."""
    move(run, "running", actor=SYSTEM, problem="", ended_at=None)
