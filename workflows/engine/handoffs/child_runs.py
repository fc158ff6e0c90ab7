"""Child runs: start a workflow's run for the handoff step of another run."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from approvals.models import Proposal
from audit import outbox
from audit.canonical import canonical, is_too_large, sha256
from audit.jobs import Priority
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import TooLarge
from tenants.ids import uuid7
from workflows.models import Run, StepRun, Workflow


def checked_input(input: dict[str, Any]) -> dict[str, Any]:
    """Return a run's input in canonical form. Raises Invalid, and TooLarge over 64 kB."""
    given: dict[str, Any] = canonical(input)
    if is_too_large(given):
        raise TooLarge("The input is larger than 64 kB. Send a shorter one.", code="input_size")
    return given


def start_child(
    workflow: Workflow, given: dict[str, Any], *, parent: StepRun, of: Run, by: str
) -> Run:
    """Start a run of the workflow's live version for a handoff step, and enqueue its advance.

    ``of`` is the parent run, ``by`` the title of its workflow.
    """
    assert workflow.live_id is not None
    run = Run(
        id=uuid7(),
        workflow=workflow,
        version_id=workflow.live_id,
        trigger="workflow",
        # The parent's requesters count as this run's: a policy that keeps requesting and approving
        # apart keeps them from approving here too.
        asked_by=of.asked_by,
        asked_by_id=of.asked_by_id,
        requested_by=of.requested_by,
        input=given,
        input_hash=sha256({"workflow": workflow.slug, "input": given}),
        # A list of child runs must not crowd out the tenant's other work.
        priority=Priority.BULK if parent.item is not None else of.priority,
        started_at=clock.now(),
        parent=parent,
        purpose=of.purpose,
    )
    Run.objects.bulk_create([run])
    after = {"workflow": workflow.slug, "handed_over_by": str(of.pk)}
    record(Verb.RUN_STARTED, run, actor=SYSTEM, after=after, reason=f"Handed over by {by}.")
    outbox.enqueue("run.advance", run.pk, priority=Priority(run.priority))
    return run


def have_children_acted(steps: Collection[UUID]) -> bool:
    """Whether a run that these steps started, or one below it, did something or may have.

    One query for the runs of each level, and one for their actions; none without steps.
    """
    layer = list(Run.objects.filter(parent__in=steps).values_list("pk", flat=True)) if steps else []
    acted = Proposal.objects.filter(is_undo=False, status__in=("executing", "executed", "in_doubt"))
    while layer:
        if acted.filter(item__run_id__in=layer).exists():
            return True
        layer = list(Run.objects.filter(parent__run_id__in=layer).values_list("pk", flat=True))
    return False
