"""Circuit breakers of the tenant's tools and models, one row each, written after a failure.

The rows are read together with the run (``context.lock_context``), so that a call to a tool or
model that does not fail costs no query and no write. A transaction may write several circuits and
reserve in budgets between them, so the lock of the budgets is taken before each write.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.ids import uuid7
from workflows.budgets import reservations
from workflows.engine.state import breaker
from workflows.engine.state.breaker import BreakerState
from workflows.models import Circuit

TIMES = ("failed_at", "opened_at", "probe_at", "rest_until")
FIELDS = ("failures", "opens", *TIMES)
# The kinds of failure that count as an outage of the other side. A refusal is an answer.
OUTAGE_KINDS = {"timeout", "rate_limited", "unavailable"}

BreakerStates = dict[tuple[str, str], BreakerState]


@dataclass(frozen=True, slots=True)
class CallDelay:
    """Delay of a call whose circuit is open: until when, and why in a sentence."""

    until: datetime
    why: str


def breaker_states(rows: Iterable[dict[str, Any]]) -> BreakerStates:
    """Return the circuits' states by kind and name, from their rows as JSON."""
    return {(row["kind"], row["name"]): _breaker_state(row) for row in rows}


def _breaker_state(row: dict[str, Any]) -> BreakerState:
    times = {n: datetime.fromisoformat(row[n]) if row[n] else None for n in TIMES}
    return BreakerState(failures=row["failures"], opens=row["opens"], **times)  # type: ignore[arg-type]


def admit_call(
    known: BreakerStates, kind: str, name: str, *, take_probe: bool = True, yields: bool = False
) -> CallDelay | None:
    """Return the delay of a call, or None where the call may be made.

    At a half-open circuit one caller only gets None and makes the probe. With ``take_probe``
    false the probe is left to the worker that makes the call later, after asking again. A call
    that ``yields`` makes it only where no other call has for a while.
    """
    state = known.get((kind, name))
    if state is None:
        return None
    now, limits = clock.now(), breaker.limits_of(kind)
    until = breaker.open_until(state, now, limits)
    if until is None and state.is_open and yields and now < state.rested_at + breaker.YIELD:
        until = state.rested_at + breaker.YIELD
    if until is None and state.is_open and take_probe and not _take_probe(kind, name, now):
        until = now + limits.recheck
    return CallDelay(until, _why_calls_wait(name, state)) if until else None


def _why_calls_wait(name: str, state: BreakerState) -> str:
    if state.is_open:
        return f"{name} failed {state.failures} times in a row, so calls to it wait."
    return f"{name} asked for a pause, so calls to it wait."


def is_open(known: BreakerStates, kind: str, name: str) -> bool:
    """Whether the circuit of a tool or model is open or half open, or it asked for a rest."""
    state = known.get((kind, name))
    return state is not None and (state.is_open or state.rests(clock.now()))


def resting(known: BreakerStates, kind: str) -> list[str]:
    """Return the names of the tools or models whose circuits let no call through now."""
    now, limits = clock.now(), breaker.limits_of(kind)
    return [
        name
        for (of_kind, name), state in known.items()
        if of_kind == kind and breaker.open_until(state, now, limits) is not None
    ]


def _take_probe(kind: str, name: str, now: datetime) -> bool:
    """Mark the circuit's probe as begun; False where another worker has begun it."""
    reservations.lock_amounts()
    # One conditional UPDATE: of concurrent callers the row's lock lets one alone see it free.
    rows = Circuit.objects.filter(kind=kind, name=name, opened_at__isnull=False)
    free = Q(probe_at=None) | Q(probe_at__lte=now - breaker.PROBE_TIMEOUT)
    return rows.filter(free).update(probe_at=now) == 1


def return_probe(known: BreakerStates, kind: str, name: str) -> None:
    """Give back the probe of an admitted call that is not made after all, if it had it."""
    if (state := known.get((kind, name))) and state.is_open:
        reservations.lock_amounts()
        Circuit.objects.filter(kind=kind, name=name).update(probe_at=None)


def record_result(
    known: BreakerStates, kind: str, name: str, *, problem: str, how: str, wait: float = 0
) -> None:
    """Count a call's result in its circuit. ``how`` is the kind of failure, empty for an answer.

    An answer deletes the circuit's row, if there was one; a failure that is no outage is an answer.
    ``wait``: the other side asked for no call within so many seconds.
    """
    if how in OUTAGE_KINDS:
        _record_failure(kind, name, problem, how, wait)
    elif (state := known.get((kind, name))) and not state.rests(clock.now()):
        # While it rests this is the answer to a call from before, which ends no rest.
        _close_circuit(kind, name)


def _record_failure(kind: str, name: str, problem: str, how: str, wait: float) -> None:
    now = clock.now()
    reservations.lock_amounts()
    # Insert first, then lock: the first failures may come from two workers at once.
    fresh = Circuit(id=uuid7(), kind=kind, name=name, failures=0, failed_at=now)
    Circuit.objects.bulk_create([fresh], ignore_conflicts=True)
    row = Circuit.objects.select_for_update().get(kind=kind, name=name)
    before = BreakerState(**{n: getattr(row, n) for n in FIELDS})
    after = _state_after(before, kind, how, wait, now)
    Circuit.objects.filter(pk=row.pk).update(**asdict(after), problem=problem[:300])
    if after.is_open and not before.is_open:
        more = {"failures": after.failures, "until": after.rested_at.isoformat()}
        record(Verb.CIRCUIT_OPENED, row, actor=SYSTEM, after=more, reason=problem)


def _state_after(
    before: BreakerState, kind: str, how: str, wait: float, now: datetime
) -> BreakerState:
    """Return the state of a circuit after a failure."""
    is_told = kind == "model" and wait > 0
    after = before
    # Who is asked too often and says until when is no outage. A probe needs a result all the same.
    if not is_told or how != "rate_limited" or before.is_open:
        known = before if before.failures else None
        counted = breaker.after_failure(known, now, breaker.limits_of(kind))
        after = replace(counted, rest_until=before.rest_until)
    return breaker.after_request_to_rest(after, now, wait) if is_told else after


def _close_circuit(kind: str, name: str) -> None:
    reservations.lock_amounts()
    row = Circuit.objects.select_for_update().filter(kind=kind, name=name).first()
    if row is None:
        return
    row_id, was_open = row.pk, row.opened_at is not None
    Circuit.objects.filter(pk=row_id).delete()
    if was_open:
        record(Verb.CIRCUIT_CLOSED, row, actor=SYSTEM, reason="It answered again.")
