"""Parent runs of a run: the runs whose handoff started it."""

from audit import outbox
from audit.jobs import Priority
from workflows.definitions.schema import DEEPEST
from workflows.models import Run

TOPIC = "run.child_over"


def parent_runs(run: Run) -> list[Run]:
    """Return the parent runs, the nearest first, each with its workflow and version."""
    found: list[Run] = []
    parent_id = run.parent_id
    # Bounded, so that a wrong row can't loop for ever; handoffs are refused beyond DEEPEST.
    while parent_id is not None and len(found) <= DEEPEST:
        rows = Run.objects.select_related("workflow", "version")
        parent = rows.get(steps=parent_id)
        found.append(parent)
        parent_id = parent.parent_id
    return found


def tell_parent(run: Run) -> None:
    """Enqueue the job that tells a run's parent that the run is over; nothing without a parent."""
    if run.parent_id is not None:
        outbox.enqueue(TOPIC, run.pk, priority=Priority(run.priority))
