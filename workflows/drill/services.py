"""Drills: one is started by staff, and goes on target by target in the workers."""

import time
from datetime import timedelta
from uuid import UUID

from approvals.gate import verdict
from audit import outbox
from audit.models import Outbox
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM, Actor
from tenants.errors import Conflict, DomainError
from tenants.ids import uuid7
from tenants.roles import Capability
from tenants.scope import tenant_scope
from workflows.drill.rows import DrillRow, count_rows
from workflows.drill.runner import drill_target, drill_targets
from workflows.engine.state.failures import PARKED
from workflows.models import Drill, Version, Workflow
from workflows.sealed.play import StopWaits

TOPIC = "drill.go_on"
LATE = timedelta(seconds=20)  # a worker that runs has begun it by then
RECHECK = 0.2  # seconds
LOST = "No worker could go on with it, as one of a former release put its job aside. Run it again."
# Whoever may run commands on the machine may drill.
COMMAND_LINE = Actor("system", None, "Handrail", capabilities=frozenset({Capability.CONFIGURE}))


def start_drill(workflow: Workflow, *, actor: Actor, version: Version | None = None) -> Drill:
    """Start a drill of a workflow's version, the live one where none is named, and return it.

    Raises Forbidden; Conflict where there is no live version, where a drill is under way, or where
    the workflow is stopped.
    """
    access.require(actor, Capability.CONFIGURE)
    # The lock makes one of two people who ask at once see the other's drill.
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    wanted = version or workflow.live
    if wanted is None:
        said = f"{workflow.title} has no published version yet, so there is nothing to drill."
        raise Conflict(said, code="not_published")
    if why := stop_of(workflow):
        raise Conflict(f"{why} Let it go on, then run the drill.", code="switch")
    under_way = Drill.objects.filter(workflow=workflow, ended_at=None).first()
    if under_way is not None and not _end_if_lost(under_way):
        raise Conflict("A drill is under way already. Wait for its result.", code="busy")
    drill = Drill.objects.create(
        id=uuid7(),
        workflow=workflow,
        version=wanted,
        asked_by_id=actor.id if actor.is_human else None,
        started_at=clock.now(),
        total=len(drill_targets(wanted)),
    )
    after = {"version": wanted.number}
    record(Verb.WORKFLOW_DRILL_BEGUN, workflow, actor=actor, after=after)
    outbox.enqueue(TOPIC, drill.pk, priority=outbox.Priority.BULK)
    return drill


def stop_of(workflow: Workflow) -> str:
    """Return why nothing of a workflow runs now; empty where it may run."""
    stopped = verdict.gate_context().stopped
    paused = f"{workflow.title} is paused." if workflow.paused_at else ""
    return next(iter(stopped), paused)


def go_on(claim: outbox.Claim) -> None:
    """Handler of ``drill.go_on``: drill the next target and keep its rows, or end the drill.

    Each target is a transaction: a worker that is killed in the middle of one leaves nothing of it,
    and another worker drills it.
    """
    drill = _lock(claim.object_id)
    if drill is None:
        return
    if why := stop_of(drill.workflow):
        _end(drill, problem=f"It was stopped: {why}")
        return
    targets = drill_targets(drill.version)
    if drill.done < len(targets):
        try:
            rows = drill_target(drill.version, targets[drill.done])
        except StopWaits:
            outbox.enqueue(TOPIC, drill.pk, priority=outbox.Priority.BULK)  # sees what is stopped
            return
        except DomainError as error:
            step = targets[drill.done].step
            _end(drill, problem=f"The step {step} can’t be drilled: {error.message}"[:400])
            return
        drill.rows = [*drill.rows, *(row.as_json() for row in rows)]
        drill.done, drill.total = drill.done + 1, len(targets)
        drill.save(update_fields=["rows", "done", "total"])
    if drill.done < len(targets):
        outbox.enqueue(TOPIC, drill.pk, priority=outbox.Priority.BULK)
    else:
        _end(drill)


def finish_drill(drill: Drill) -> Drill:
    """Work on a drill in this process until it is over, and return it as it is then.

    No scope is open. What a worker has taken is waited for.
    """
    tenant_id = drill.tenant_id
    assert tenant_id is not None, "each drill is a tenant's"
    while True:
        with tenant_scope(tenant_id):
            drill = Drill.objects.select_related("workflow", "version").get(pk=drill.pk)
        if drill.is_over:
            return drill
        row = Outbox.objects.filter(topic=TOPIC, object_id=drill.pk, parked_at=None).first()
        if row is None:
            with tenant_scope(tenant_id):
                _end_if_lost(drill)
        elif not outbox.handle(row.pk):
            time.sleep(RECHECK)


def _end_if_lost(drill: Drill) -> bool:
    """End a drill that no job goes on with any more. False where one does, or it is over."""
    locked = _lock(drill.pk)
    jobs = Outbox.objects.filter(topic=TOPIC, object_id=drill.pk, parked_at=None)
    # The job of the next target is inserted with the result of the one before.
    if locked is None or jobs.exists():
        return False
    _end(locked, problem=LOST)
    return True


def end_parked_drill(claim: outbox.Claim, error: str) -> None:
    """End a drill whose job failed again and again."""
    drill = _lock(claim.object_id)
    if drill is not None:
        _end(drill, problem=PARKED)


def rows_of(drill: Drill) -> list[DrillRow]:
    """Return a drill's rows."""
    return [DrillRow.from_json(row) for row in drill.rows]


def _lock(drill_id: UUID) -> Drill | None:
    """Lock a drill that is under way; None where it is over."""
    rows = Drill.objects.select_related("workflow", "version").filter(ended_at=None)
    return rows.select_for_update(of=("self",)).filter(pk=drill_id).first()


def _end(drill: Drill, *, problem: str = "") -> None:
    counted = count_rows(rows_of(drill))
    drill.shown, drill.declared = counted.shown, counted.declared
    drill.problem, drill.ended_at = problem, clock.now()
    drill.save(update_fields=["shown", "declared", "problem", "ended_at"])
    result = f"it ended early, {problem}" if problem else str(counted)
    after = {"version": drill.version.number, "result": result}
    record(Verb.WORKFLOW_DRILLED, drill.workflow, actor=SYSTEM, after=after)
