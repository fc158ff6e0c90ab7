"""Events that a client's systems send to runs."""

from typing import Any
from uuid import UUID

from audit import outbox
from audit.canonical import canonical, is_too_large, sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM, Actor
from tenants.errors import Conflict, NotFound, TooLarge
from tenants.ids import uuid7
from tenants.roles import Capability
from tenants.scope import share_moves_lock
from workflows.definitions.definition import Step
from workflows.engine.advance import waits
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.moves import set_running
from workflows.models import Arrival, Run
from workflows.steps import wait

MOST_KEPT = 20  # events of a run that no step has taken yet


def send_event(
    run_id: UUID,
    *,
    name: str,
    data: dict[str, Any],
    actor: Actor,
    idempotency_key: str | None = None,
) -> tuple[Arrival, bool]:
    """Send an event to a run. Returns the event and whether it is new.

    The event ends the step that waits for it, or is kept for a step that has not begun. Raises
    NotFound; Conflict where the run is over, does not or no longer wait for it, or its condition
    refuses the data, where too many are kept, and where the key came with another event before;
    TooLarge for data over 64 kB.
    """
    access.require(actor, Capability.SEND_EVENTS)
    given = canonical(data)
    if is_too_large(given):
        raise TooLarge("The data is larger than 64 kB. Send less.", code="data_size")
    # Before the run's row, or a stop could deadlock with this transaction (``share_moves_lock``).
    share_moves_lock()
    # Lock the run before looking for the key: of the same event sent twice at once, the second
    # waits here and then finds the first.
    if not Run.objects.select_for_update(no_key=True).filter(pk=run_id).exists():
        raise NotFound.of("run")
    digest = sha256({"name": name, "data": given})
    if idempotency_key and (known := _earlier_event(run_id, idempotency_key, digest)):
        return known, False
    context = lock_context(run_id)
    if context is None:
        raise Conflict("This run is over, so it hears of no events.", code="run_over")
    arrival = Arrival(
        id=uuid7(),
        run=context.run,
        name=name,
        data=given,
        sent_by=actor.label[:160],
        idempotency_key=idempotency_key,
        content_hash=digest,
        came_at=clock.now(),
    )
    _receive(context, arrival)
    record(Verb.RUN_TOLD, context.run, actor=actor, after={"event": name, "sha256": digest})
    return arrival, True


def _earlier_event(run_id: UUID, key: str, digest: str) -> Arrival | None:
    arrival = Arrival.objects.filter(run_id=run_id, idempotency_key=key).first()
    if arrival is not None and arrival.content_hash != digest:
        raise Conflict(
            "This Idempotency-Key was used with another event. Use a new key.",
            code="idempotency_key_reused",
        )
    return arrival


def _receive(context: Context, arrival: Arrival) -> None:
    """End the step that waits for an event, keep the event for a later step, or refuse it."""
    listening = [s for s in context.definition.of_kind("wait") if s.settings.event == arrival.name]
    if not listening:
        raise Conflict(f"This run never waits for {arrival.name}.", code="not_awaited")
    names = context.names()
    for step in listening:
        row = context.steps.get(step.name)
        if row and row.status == "waiting" and wait.is_awaited(step.settings, arrival.data, names):
            _end_wait(context, step, arrival)
            return
    # Every step that waits for it has begun and ended, or its condition refused the data.
    if all(step.name in context.steps for step in listening):
        waiting = any(context.steps[step.name].status == "waiting" for step in listening)
        raise Conflict(_why_not(arrival.name, waiting=waiting), code="not_awaited")
    if Arrival.objects.filter(run=context.run, taken_by=None).count() >= MOST_KEPT:
        raise Conflict(
            f"{MOST_KEPT} events are kept for this run already. Send it again later.",
            code="too_many_events",
        )
    Arrival.objects.bulk_create([arrival])


def _why_not(name: str, *, waiting: bool) -> str:
    if waiting:
        return f"This run waits for {name}, but the data does not meet its condition."
    return f"This run does not wait for {name} any more."


def _end_wait(context: Context, step: Step, arrival: Arrival) -> None:
    row = context.steps[step.name]
    # Inserted first: ``consume_event`` updates its row.
    Arrival.objects.bulk_create([arrival])
    waits.consume_event(arrival, row)
    set_running(context)
    move(row, "done", actor=SYSTEM, output=arrival.data, ended_at=clock.now())
    priority = outbox.Priority(context.run.priority)
    outbox.enqueue("run.advance", context.run.pk, priority=priority)
