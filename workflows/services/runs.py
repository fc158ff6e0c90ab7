"""Runs: start, pause, resume and cancel them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from audit import outbox
from audit.canonical import sha256_of_canonical
from audit.jobs import Priority
from audit.services import event_row, record
from audit.verbs import Verb
from tenants import access, clock, halts
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.db.sql import NewRow
from tenants.errors import Conflict, Invalid
from tenants.ids import uuid7
from tenants.models import ApiKey
from tenants.roles import Capability
from workflows.definitions import inputs
from workflows.engine.advance.finish import end_as_cancelled
from workflows.engine.handoffs.child_runs import checked_input
from workflows.engine.state.context import published
from workflows.models import Run, Workflow
from workflows.selectors import get_run
from workflows.states import UNDER_WAY

# The partial unique index of runs for ON CONFLICT: requests with one key make one run, however
# many come at once.
ONE_A_KEY = "(tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL"

# Our own keys begin with a space. A client's key comes in a header, which can't begin with one.
OWN_PREFIX = " "
# Triggers whose sender reads an error, so that their input is checked before the run starts.
CHECKED_TRIGGERS = ("person", "api")
PRIORITIES = {"person": Priority.INTERACTIVE, "schedule": Priority.BULK}


def own_key(kind: str, *parts: object) -> str:
    """Return an idempotency key that no client can send, for a run we start ourselves.

    A client's key can't be that of a mail or a schedule, so it can't keep their run from starting.
    """
    return OWN_PREFIX + ":".join([kind, *map(str, parts)])


def start_run(
    workflow: Workflow,
    *,
    input: dict[str, Any],
    trigger: str,
    actor: Actor,
    asked_by: str = "",
    idempotency_key: str | None = None,
    priority: Priority | None = None,
) -> tuple[Run, bool]:
    """Start a run of a workflow's live version. Returns the run and whether it is new.

    Without a ``priority``, a person's run goes first and a schedule's last. The same key with the
    same input returns the run it started before. Raises Conflict for the same key with another
    input, and for a workflow without a published version; Invalid for the input of a person or
    the API that is empty or does not fit the definition; TooLarge.
    """
    access.require(actor, Capability.START_RUNS)
    if workflow.live_id is None:
        raise Conflict(f"{workflow.title} has no published version yet.", code="not_published")
    given = checked_input(input)
    # A mail or a schedule has no sender who could be told: its misfit shows in the run.
    if trigger in CHECKED_TRIGGERS:
        _check_fit(workflow.live_id, given)
    # Canonical: its keys are in order, the input was checked, and a slug is ASCII.
    digest = sha256_of_canonical({"input": given, "workflow": workflow.slug})
    run = Run(
        id=uuid7(),
        workflow=workflow,
        version_id=workflow.live_id,
        trigger=trigger,
        asked_by=(asked_by or actor.label)[:160],
        asked_by_id=actor.id,
        requested_by=requesters(actor),
        input=given,
        idempotency_key=idempotency_key,
        input_hash=digest,
        priority=PRIORITIES.get(trigger, Priority.NORMAL) if priority is None else priority,
        started_at=clock.now(),
    )
    if Workflow.live.is_cached(workflow):
        run.version = workflow.live  # so that whoever shows the run need not read it again
    event = event_row(Verb.RUN_STARTED, run, actor=actor, after={"workflow": workflow.slug})
    job = outbox.job_row("run.advance", run.pk, priority=Priority(run.priority))
    run, made = insert_once(run, event, job)
    if made:  # otherwise the first request has recorded and enqueued it
        outbox.wake_after_commit(job[1]["id"])
    return run, made


def _check_fit(version_id: UUID, given: dict[str, Any]) -> None:
    live = published(version_id)
    if said := inputs.request_problem(live.definition.head.input, live.reads, given):
        raise Invalid(said, code="unfit_input")


def requesters(actor: Actor) -> list[str]:
    """Return the ids of the people behind a request: its sender, or the maker of its API key."""
    behind = actor.behind or actor.id
    if actor.kind == "key" and not actor.behind:
        keys = ApiKey.objects.filter(pk=actor.person_id).values_list("made_by_id", flat=True)
        behind = keys.first()
    return [str(behind)] if behind else []


def insert_once(run: Run, *along: NewRow) -> tuple[Run, bool]:
    """Insert a run and return it with True, or the earlier run of its key with False.

    The rows ``along`` are inserted with the run alone. Raises Conflict where the key was used with
    another input.
    """
    if run.idempotency_key is None:
        unit_of_work.insert(run)
        for model, values in along:
            unit_of_work.insert_row(model, **values)
    # ON CONFLICT DO NOTHING: an IntegrityError would end the caller's transaction.
    elif not unit_of_work.insert_unless(run, *along, taken=ONE_A_KEY):
        return _earlier_run(run.idempotency_key, run.input_hash), False
    return run, True


def _earlier_run(key: str, digest: str) -> Run:
    shown = Run.objects.select_related("workflow", "version").defer("version__definition")
    run = shown.get(idempotency_key=key)
    if run.input_hash != digest:
        raise Conflict(
            "This Idempotency-Key was used with another request. Use a new key.",
            code="idempotency_key_reused",
        )
    return run


def cancel_run(run_id: UUID, *, actor: Actor, reason: str = "") -> Run:
    """Cancel a run with its open items. Raises NotFound; Conflict if it is done or cancelled."""
    run = _lock_run(run_id, actor)
    end_as_cancelled(run, actor=actor, reason=reason)
    return run


def pause_run(run_id: UUID, *, actor: Actor, reason: str = "") -> Run:
    """Pause a run before its next step, call and effect. Raises NotFound, Conflict."""
    run = _lock_run(run_id, actor)
    if run.status not in UNDER_WAY:
        raise Conflict(f"This run is {run.status}, so there is nothing to pause.")
    return _set_paused(run, clock.now(), actor, reason)


def resume_run(run_id: UUID, *, actor: Actor, reason: str = "") -> Run:
    """Resume a paused run where it was. Raises NotFound; Conflict where it is not paused."""
    run = _set_paused(_lock_run(run_id, actor), None, actor, reason)
    # Jobs that ran during the pause did nothing and are gone: this enqueues those that are missing.
    outbox.enqueue("run.pick_up", run.pk, priority=Priority(run.priority))
    return run


def _set_paused(run: Run, moment: datetime | None, actor: Actor, reason: str) -> Run:
    former, by = run.paused_by, halts.halted_by(actor) if moment else None
    is_paused, to_pause = run.paused_at is not None, moment is not None
    if is_paused is to_pause and not (to_pause and halts.may_take_over(actor, former)):
        raise Conflict("This run is paused already." if moment else "This run is not paused.")
    if not to_pause:
        halts.check_release(actor, former, "this run")
    Run.objects.filter(pk=run.pk).update(paused_at=moment, paused_by=by)
    run.paused_at, run.paused_by = moment, by
    verb = Verb.RUN_PAUSED if moment else Verb.RUN_RESUMED
    before = None if moment else {"paused_by": halts.halter_name(former)}
    record(verb, run, actor=actor, before=before, reason=reason)
    return run


def _lock_run(run_id: UUID, actor: Actor) -> Run:
    access.require(actor, Capability.START_RUNS)
    # no_key: steps and calls that refer to the run by foreign key need not wait.
    return get_run(run_id, Run.objects.select_for_update(no_key=True))
