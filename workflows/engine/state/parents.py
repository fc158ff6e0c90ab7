"""Runs above a run: those whose handoff started it."""

from audit import outbox
from audit.jobs import Priority
from workflows.definitions.schema import DEEPEST
from workflows.models import Run

TOPIC = "run.child_over"


def parent_runs(run: Run) -> list[Run]:
    """The runs that handed over, the nearest first, each with its workflow and version."""
    found: list[Run] = []
    parent_id = run.parent_id
    while parent_id is not None and len(found) <= DEEPEST:
        rows = Run.objects.select_related("workflow", "version")
        parent = rows.get(steps=parent_id)
        found.append(parent)
        parent_id = parent.parent_id
    return found


def tell_parent(run: Run) -> None:
    """Owe the news that a run is over to the run that waits for it, if there is one."""
    if run.parent_id is not None:
        outbox.enqueue(TOPIC, run.pk, priority=Priority(run.priority))
