"""What is owed: claim with a lease, fence, settle; messages are hints.

A row is the truth. After commit a Celery message with its id is sent; the sweep
sends another for whatever a lost message left behind. Handlers are registered by
topic in the upper apps' ``apps.py``.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import Error, connection, transaction

from audit import claims, flight, heartbeat, hints, places, settling
from audit.debts import Debt as Debt
from audit.debts import Does as Does
from audit.debts import Handler as Handler
from audit.debts import Job as Job
from audit.debts import Landed as Landed
from audit.debts import Later as Later
from audit.debts import Limit as Limit
from audit.debts import Priority as Priority
from audit.debts import Turn
from audit.heartbeat import LEASE
from audit.models import Outbox
from audit.moments import away
from tenants import clock, writing
from tenants.errors import DomainError
from tenants.ids import uuid7
from tenants.scope import current_tenant_id, entered, tenant_scope

log = logging.getLogger(__name__)

# A hint sent at commit gets this long before the sweep sends another.
GRACE = timedelta(seconds=5)
PARK_AFTER = 3

Ahead = Callable[[list[UUID]], AbstractContextManager[None]]

_handlers: dict[str, Handler] = {}
_ahead: dict[str, Ahead] = {}


def register(topic: str, handler: Handler, ahead: Ahead | None = None) -> None:
    """Let ``handler`` take the rows of ``topic``.

    ``ahead`` reads and locks, in the order of their ids, what several rows with these
    objects need. With it rows of one tenant may be begun, and their calls settled, in
    one transaction.
    """
    _handlers[topic] = handler
    if ahead is not None:
        _ahead[topic] = ahead


@contextmanager
def _read_ahead(debts: Iterable[Debt]) -> Iterator[None]:
    """Read what these debts need, a topic at a time; nothing where there is only one."""
    objects: dict[str, list[UUID]] = {}
    for debt in debts:
        objects.setdefault(debt.topic, []).append(debt.object_id)
    with ExitStack() as stack:
        for topic in sorted(objects):
            stack.enter_context(_ahead[topic](objects[topic]))
        yield


def owe(
    topic: str,
    object_id: UUID,
    *,
    due_at: datetime | None = None,
    claims: int = 0,
    priority: Priority = Priority.NORMAL,
) -> UUID:
    """Write down that the tenant of the scope is owed something; hint after commit if due.

    ``claims`` carries over the fence of a former try, for handlers that count them.
    """
    now, row_id = clock.now(), uuid7()
    due = due_at or now
    ready = due <= now
    hint_at = due + GRACE if ready else due
    _insert(row_id, topic, object_id, due, hint_at, fence=claims, priority=priority, ready=ready)
    if ready:
        transaction.on_commit(lambda: hints.send(row_id), robust=True)
    return row_id


def owe_leased(topic: str, object_id: UUID, *, limits: tuple[Limit, ...] = ()) -> Debt:
    """Write down a debt that this worker takes on at once, after ``places.ask`` gave room."""
    now, row_id = clock.now(), uuid7()
    until = now + LEASE
    tenant_id = _insert(row_id, topic, object_id, now, until, lease_until=until, fence=1)
    debt = Debt(row_id, tenant_id, topic, object_id, 1, limits)
    if limits:
        places.take(debt)
    return debt


def _insert(
    row_id: UUID,
    topic: str,
    object_id: UUID,
    due_at: datetime,
    hint_at: datetime,
    *,
    fence: int,
    lease_until: datetime | None = None,
    priority: Priority = Priority.NORMAL,
    ready: bool = False,
) -> UUID:
    if topic not in _handlers:
        raise LookupError(f"No handler is registered for the topic {topic!r}.")
    tenant_id = current_tenant_id()
    writing.insert_row(
        Outbox,
        id=row_id,
        tenant_id=tenant_id,
        topic=topic,
        object_id=object_id,
        due_at=due_at,
        hint_at=hint_at,
        lease_until=lease_until,
        fence=fence,
        failures=0,
        parked_at=None,
        ready=ready,
        priority=priority,
    )
    return tenant_id


def claim(row_id: UUID) -> Debt | None:
    """Take a due row's lease. None where it is gone, not due, or somebody has it."""
    with transaction.atomic():
        return claims.take(row_id)


def settle(debt: Debt) -> bool:
    """Pay the debt. False: the lease passed to somebody else, so write nothing."""
    with transaction.atomic():
        return claims.pay(debt)


def postpone(debt: Debt, due_at: datetime) -> bool:
    """Give the lease back until ``due_at``, as if it had not been taken. False where it was lost.

    Only in the claim's own transaction: nobody has seen the fence, so it is not counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET lease_until = NULL, failures = 0, fence = fence - 1, "
            "ready = false, due_at = %s, hint_at = %s WHERE id = %s AND fence = %s",
            [due_at, due_at, debt.id, debt.fence],
        )
        return bool(cursor.rowcount == 1)


def handle(row_id: UUID) -> bool:
    """Do what one row asks, calls and all. True where this caller did the work."""
    turn = _prepare(partial(_take, row_id))
    for job in turn.jobs:
        following: Job | None = job
        while following is not None:
            following = _carry_out(following)
    return bool(turn.done)


def work() -> bool:
    """Take what is next in turn; its calls are left in flight. False: nothing was ready."""
    while most := flight.room():
        try:
            turn = _prepare(partial(claims.take_turn, most, list(_ahead)))
        except claims.AtItsLimit as limit:
            claims.remind(limit)  # and the next tenant's turn
            continue
        for job in turn.jobs:
            flight.launch(job, _landed)
        # One that is put off or fails is no reason to leave the others lying.
        return turn.taken
    return False


def _take(row_id: UUID) -> list[Debt]:
    debt = claims.take(row_id)
    return [debt] if debt else []


def _prepare(take: Callable[[], list[Debt]]) -> Turn:
    """Claim rows and do their inside halves, in one transaction. The calls are left to make."""
    debts: list[Debt] = []
    begun: list[Debt] = []
    nested = connection.in_atomic_block
    try:
        with transaction.atomic():
            debts = take()
            if not debts:
                return Turn(taken=False)
            tenant_id = debts[0].tenant_id
            # Nested, the former tenant has to be entered again afterwards.
            with tenant_scope(tenant_id) if nested else entered(tenant_id):
                return _begin(debts, begun)
    except claims.AtItsLimit:
        raise
    except Exception as error:
        # A database that went away says nothing of the rows, which are as they were before.
        if not debts or away(error):
            log.exception("outbox rows could not be taken")
            return Turn(taken=False)
        if len(debts) == 1:
            log.exception("an outbox row failed")
            # The claim was rolled back with everything else.
            _failed(debts[0].id, debts[0].fence - 1, error)
            return Turn(taken=True)
        log.info("%s rows are begun one by one: %s", len(debts), error)
        return _prepare_each(debts, begun[-1:], error)


def _prepare_each(debts: list[Debt], last: list[Debt], error: Exception) -> Turn:
    """What could not be begun together, row by row, so that only the one at fault fails.

    A defect of the ``last`` that was begun counts as its failure. What the database or the
    engine refused may be due to the company it was in, so that one is tried again too.
    """
    guilty = [] if isinstance(error, Error | DomainError) else last
    for debt in guilty:
        log.error("an outbox row failed", exc_info=error)
        _failed(debt.id, debt.fence - 1, error)
    turns = [_prepare(partial(_take, debt.id)) for debt in debts if debt not in guilty]
    return Turn(True, sum(turn.done for turn in turns), tuple(j for t in turns for j in t.jobs))


def _begin(debts: list[Debt], begun: list[Debt]) -> Turn:
    """The inside halves of rows of the tenant of the scope; ``begun`` gets how far it came."""
    done, jobs = 0, []
    with _read_ahead(debts if len(debts) > 1 else ()):
        for debt in debts:
            begun.append(debt)
            writing.next_sheaf()
            job = _handlers[debt.topic].prepare(debt)
            if isinstance(job, Later):
                _put_off(debt, job)
                continue
            # A handler that made its own leased debt has nothing left of this one.
            if job is None or job.debt.id != debt.id:
                claims.pay_late(debt)
            done += 1
            jobs += [job] if job is not None else []
    return Turn(True, done, tuple(jobs))


def _put_off(debt: Debt, later: Later) -> None:
    if later.behind:
        places.wait(debt.id, later.behind, claimed=True)
    else:
        postpone(debt, clock.now() + later.wait)


def _carry_out(job: Job) -> Job | None:
    try:
        outcome = flight.perform(job)
    except Exception as error:
        return _not_settled(job, error)
    return _settle(job, outcome)


def _settle(
    job: Job, outcome: object, write: Callable[[Job, object], Job | None] = settling.write
) -> Job | None:
    try:
        return write(job, outcome)
    except Exception as error:
        return _not_settled(job, error)


def _landed(landed: list[Landed]) -> None:
    """Calls in flight came back: write what came of them, and let the next ones start."""
    following = [job for job in _settle_all(landed) if job is not None]
    for job in following:
        if flight.is_closed():
            with transaction.atomic():
                claims.give_back(job.debt)
            hints.send(job.debt.id)
        else:
            flight.launch(job, _landed)
    again = claims.has_room_again(landed[0].job.debt.tenant_id)
    if len(following) < len(landed) and (again or flight.wants_more()):
        while work():
            pass


def _settle_all(landed: list[Landed]) -> list[Job | None]:
    failed = [one for one in landed if one.error]
    alone = [one for one in landed if not one.error and one.job.debt.topic not in _ahead]
    many = [one for one in landed if not one.error and one.job.debt.topic in _ahead]
    if len(many) == 1:
        alone, many = [*alone, *many], []
    following: settling.Following = {}
    found = [_not_settled(one.job, one.error) for one in failed if one.error]
    found += [_settle(one.job, one.outcome) for one in alone]
    if many and not settling.write_together(many, _read_ahead, following):
        found += [
            _settle(
                one.job, one.outcome, lambda job, out: settling.write_after(job, out, following)
            )
            for one in many
        ]
    elif many:
        found += following.values()
    return found


def hand_back(seconds: float) -> int:
    """Before this process ends: wait for its calls, then free the leases of the rest.

    What comes back in time is written, and what would follow it is left to others. Whoever
    takes a freed row sees by its fence that the call may have been made. Returns how many
    were freed.
    """
    flight.take_no_more()
    left = flight.wait_for_all(seconds)
    if left:
        for debt in left:
            heartbeat.let_go(debt.id)
        with transaction.atomic():
            claims.free(left)
        for debt in left:
            hints.send(debt.id)
        log.warning("%s calls did not come back in time and were handed back", len(left))
    return len(left)


def _not_settled(job: Job, error: Exception) -> Job | None:
    log.error("outbox row %s failed to settle", job.debt.id, exc_info=error)
    _failed(job.debt.id, job.debt.fence, error)
    with transaction.atomic():
        places.leave(job.debt)
    return None


def _failed(row_id: UUID, fence: int, error: Exception) -> None:
    """Count the failure and back off; park what fails again and again.

    Nothing where the row has passed to somebody else meanwhile.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outbox SET failures = failures + 1, lease_until = NULL, "
            "ready = false, "
            "due_at = %(now)s + least(2 ^ failures, 60) * interval '1 second', "
            "hint_at = %(now)s + least(2 ^ failures, 60) * interval '1 second', "
            "parked_at = CASE WHEN failures + 1 >= %(park)s THEN %(now)s END "
            "WHERE id = %(id)s AND fence = %(fence)s "
            "RETURNING id, tenant_id, topic, object_id, fence, parked_at",
            {"id": row_id, "fence": fence, "now": now, "park": PARK_AFTER},
        )
        row = cursor.fetchone()
        if row is None or row[5] is None:
            return
        _give_up(Debt(*row[:5]), error)


def _give_up(debt: Debt, error: Exception) -> None:
    """Let people see it. Where even that fails the row is parked all the same."""
    try:
        with transaction.atomic(), tenant_scope(debt.tenant_id):
            _handlers[debt.topic].give_up(debt, f"{type(error).__name__}: {error}")
    except Exception:
        log.exception("parked %s %s, and nobody could be told", debt.topic, debt.object_id)


def sweep(limit: int = 500) -> list[UUID]:
    """Rows that are due and that nobody was told of lately, marked as told now.

    Safe to run in many copies: each row goes to one of them.
    """
    with transaction.atomic():
        return claims.sweep(limit, clock.now() + timedelta(seconds=15))


def drain(tenant_id: UUID | None = None) -> int:
    """Handle everything due, in this process, until nothing is. Returns how many rows."""
    done = 0
    while rows := claims.due(tenant_id):
        done += sum(handle(row_id) for row_id in rows)
    return done
