"""Starting and cancelling runs."""

from typing import Any
from uuid import UUID

from approvals.models import ReviewItem
from approvals.services.review import cancel_items_of
from audit import outbox
from audit.canonical import sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock, writing
from tenants.actors import Actor
from tenants.errors import Conflict, NotFound
from tenants.ids import uuid7
from tenants.roles import Capability
from workflows.engine.effects import withdraw
from workflows.engine.lineage import tell_parent
from workflows.models import Run, Workflow
from workflows.services.children import checked_input

# The unique index that makes of requests with one key one run, however many come at once.
ONE_A_KEY = "(tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL"


def start_run(
    workflow: Workflow,
    *,
    input: dict[str, Any],
    trigger: str,
    actor: Actor,
    asked_by: str = "",
    idempotency_key: str | None = None,
) -> tuple[Run, bool]:
    """Start a run of the live version. Returns it and whether it is new.

    The same key with the same input gives the run it started; with another input it
    raises Conflict. Raises Conflict for a workflow with nothing published.
    """
    access.require(actor, Capability.START_RUNS)
    if workflow.live_id is None:
        raise Conflict(f"{workflow.title} has no published version yet.", code="not_published")
    given = checked_input(input)
    digest = sha256({"workflow": workflow.slug, "input": given})
    run = Run(
        id=uuid7(),
        workflow=workflow,
        version_id=workflow.live_id,
        trigger=trigger,
        asked_by=(asked_by or actor.label)[:160],
        asked_by_id=actor.id,
        input=given,
        idempotency_key=idempotency_key,
        input_hash=digest,
        started_at=clock.now(),
    )
    if idempotency_key is None:
        writing.insert(run)
    elif not writing.insert_unless(run, taken=ONE_A_KEY):
        return _known(idempotency_key, digest), False
    record(Verb.RUN_STARTED, run, actor=actor, after={"workflow": workflow.slug})
    outbox.owe("run.advance", run.pk)
    return run, True


def _known(key: str, digest: str) -> Run:
    run = Run.objects.select_related("workflow").get(idempotency_key=key)
    if run.input_hash != digest:
        raise Conflict(
            "This Idempotency-Key was used with another request. Use a new key.",
            code="idempotency_key_reused",
        )
    return run


def cancel_run(run_id: UUID, *, actor: Actor, reason: str = "") -> Run:
    """End a run; what waits for review goes with it. Raises NotFound, Conflict."""
    access.require(actor, Capability.START_RUNS)
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    move(
        run,
        "cancelled",
        actor=actor,
        verb=Verb.RUN_CANCELLED,
        reason=reason,
        outcome="cancelled",
        ended_at=clock.now(),
    )
    why = reason or "Its run was cancelled."
    cancel_items_of(run.pk, actor=actor, reason=why)
    for item in ReviewItem.objects.filter(run_id=run.pk, proposals__status="approved").distinct():
        withdraw(item, why)
    tell_parent(run)
    # From the top down, as locks are always taken.
    for child in Run.objects.filter(parent__run_id=run.pk).exclude(
        status__in=("done", "cancelled")
    ):
        cancel_run(child.pk, actor=actor, reason=why)
    return run
