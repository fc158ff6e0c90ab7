"""Sealed runs: the engine moves one to its end in a transaction that is always rolled back.

The run goes through the same handlers as a run for work, from its outbox rows, in this process.
Its calls are answered by a ``SealedWorld``; people accept what is put before them. Waits are moved
up, not slept. Nothing of it is ever committed: no reader, no worker and no person sees a row of it,
and the database refuses to commit one (``workflows.0027_sealed_runs``).
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from approvals.models import Decision, DecisionChoice, Proposal, ReviewItem
from audit import outbox
from audit.canonical import sha256
from audit.models import Outbox
from audit.transitions import move
from audit.worker.wakeups import without_wakeups
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import Conflict
from tenants.ids import uuid7
from tenants.scope import is_stop_waiting
from workflows.engine.advance import waits
from workflows.engine.calls import journal
from workflows.engine.calls.sealed_answers import Answerer, answered_by
from workflows.engine.handlers import perform
from workflows.engine.state import parents
from workflows.engine.state.context import lock_context
from workflows.engine.state.moves import set_running
from workflows.models import Run, StepRun, Version

# What moves a run on. Reminders, expiries and notices are of no use to it.
TOPICS = ("run.advance", "item.closed", parents.TOPIC, perform.PERFORM, journal.TOPIC)
TIMERS = (waits.TOPIC,)  # of waits, also of those whose event comes
MOST_JOBS = 1000  # an agent may ask for 200 calls
MOST_SECONDS = 20.0  # a worker does nothing else meanwhile
LOOKS = 0.2  # seconds between two looks whether a stop waits


class SealedWorld(Answerer, Protocol):
    """The world around a sealed run: it answers the calls, and sends the events it waits for."""

    def event(self, step: StepRun) -> dict[str, Any]:
        """Return the data of the event that a step waits for."""


class StopWaits(Exception):
    """Says that a stop waits for the transaction of a sealed run, which was given up for it."""


class _RolledBack(Exception):
    """Ends the transaction of a sealed run."""


def play[T](
    version: Version,
    given: dict[str, Any],
    *,
    purpose: str,
    world: SealedWorld,
    look: Callable[[Run], T],
) -> T:
    """Run a version on a request to its end, roll it back, and return what ``look`` saw of it.

    A tenant scope is open. Raises ValueError for the purpose of a run that is not sealed, Conflict
    where the run comes to no end, and StopWaits.
    """
    if purpose == Run.WORK:
        raise ValueError("A run for work is none to play with.")
    seen: list[T] = []
    try:
        with transaction.atomic(), without_wakeups(), answered_by(world):
            with outbox.noting_rows() as rows:
                run = _begin_run(version, given, purpose)
                _move_to_its_end(run, rows, world)
            seen.append(look(Run.objects.get(pk=run.pk)))
            raise _RolledBack
    except _RolledBack:
        return seen[0]


def runs_of(run: Run) -> list[UUID]:
    """Return the ids of a run and of the runs it handed over to, at any depth."""
    found, layer = [run.pk], [run.pk]
    while layer:
        below = Run.objects.filter(parent__run_id__in=layer).order_by("id")
        layer = list(below.values_list("pk", flat=True))
        found += layer
    return found


def _begin_run(version: Version, given: dict[str, Any], purpose: str) -> Run:
    run = Run(
        id=uuid7(),
        workflow_id=version.workflow_id,
        version=version,
        trigger="person",
        asked_by="Handrail",
        input=given,
        input_hash=sha256({"input": given, "workflow": str(version.workflow_id)}),
        started_at=clock.now(),
        purpose=purpose,
    )
    unit_of_work.insert(run)
    outbox.enqueue("run.advance", run.pk)
    return run


def _move_to_its_end(run: Run, rows: list[UUID], world: SealedWorld) -> None:
    began = looked = monotonic()
    for _ in range(MOST_JOBS):
        now = monotonic()
        if now > began + MOST_SECONDS:
            break
        if now > looked + LOOKS:
            looked = now
            if is_stop_waiting():  # it waits until this transaction has ended
                raise StopWaits
        is_moved = _do_next(rows, TOPICS) or _answer_next(run, world) or _do_next(rows, TIMERS)
        if not is_moved:
            return
    said = f"A sealed run was not over after {MOST_JOBS} jobs or {MOST_SECONDS:.0f} seconds"
    raise Conflict(f"{said}, so it was given up.")


def _do_next(rows: list[UUID], topics: tuple[str, ...]) -> bool:
    """Do the first job of these, however long it would have to wait. False where none is left."""
    left = Outbox.objects.filter(pk__in=rows, topic__in=topics, parked_at=None)
    row_id = left.order_by("due_at", "id").values_list("pk", flat=True).first()
    if row_id is None:
        return False
    Outbox.objects.filter(pk=row_id).update(due_at=clock.now(), lease_until=None)
    outbox.handle(row_id)
    return True


def _answer_next(run: Run, world: SealedWorld) -> bool:
    """Accept an item that waits for people, or send an event. False where nobody is waited for.

    An exception ends its step: whoever plays the run looks at it.
    """
    run_ids = runs_of(run)
    waiting = ReviewItem.objects.filter(run_id__in=run_ids, status="waiting")
    item = waiting.exclude(kind="exception").order_by("id").first()
    if item is not None:
        _accept(item)
        return True
    rows = StepRun.objects.filter(run_id__in=run_ids, kind="wait", status="waiting")
    row = rows.filter(replaced_at=None).order_by("id").first()
    if row is None:
        return False
    _send_event(row, world)
    return True


def _accept(item: ReviewItem) -> None:
    """Accept an item in the name of the workflow's owner, without a permit: it is rolled back."""
    owner_id = Run.objects.values_list("workflow__owner_id", flat=True).get(pk=item.run_id)
    decision = Decision(
        id=uuid7(),
        item=item,
        choice=DecisionChoice.ACCEPT,
        by_id=owner_id,
        role="owner",
        at=clock.now(),
        content_hash=item.content_hash,
    )
    move(
        item,
        "decided",
        actor=SYSTEM,
        choice=DecisionChoice.ACCEPT,
        decided_at=clock.now(),
        decided_by_id=owner_id,
    )
    for proposal in Proposal.objects.filter(item=item, status="proposed"):
        move(proposal, "approved", actor=SYSTEM)
    unit_of_work.insert(decision)
    outbox.enqueue("item.closed", item.pk)


def _send_event(row: StepRun, world: SealedWorld) -> None:
    context = lock_context(row.run_id)
    assert context is not None, "a run whose step waits is not over"
    waiting = context.steps[row.name]
    set_running(context)
    data = world.event(waiting)
    move(waiting, "done", actor=SYSTEM, output=data, ended_at=clock.now())
    outbox.enqueue("run.advance", context.run.pk)
