"""Circuit breakers of the tenant's tools and models, one row each, written after a failure.

The rows are read together with the run (``context.lock_context``), so that a call to a tool or
model that does not fail costs no query and no write.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.ids import uuid7
from workflows.engine.state import breaker
from workflows.engine.state.breaker import BreakerState
from workflows.models import Circuit

TIMES = ("failed_at", "opened_at", "probe_at")
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
    known: BreakerStates, kind: str, name: str, *, take_probe: bool = True
) -> CallDelay | None:
    """Return the delay of a call, or None where the call may be made.

    At a half-open circuit one caller only gets None and makes the probe. With ``take_probe``
    false the probe is left to the worker that makes the call later, after asking again.
    """
    state = known.get((kind, name))
    if state is None or not state.is_open:
        return None
    now = clock.now()
    until = breaker.open_until(state, now)
    if until is None and take_probe and not _take_probe(kind, name, now):
        until = now + breaker.REST
    if until is None:
        return None
    return CallDelay(until, f"{name} failed {state.failures} times in a row, so calls to it wait.")


def is_open(known: BreakerStates, kind: str, name: str) -> bool:
    """Whether the circuit of a tool or model is open or half open."""
    state = known.get((kind, name))
    return state is not None and state.is_open


def _take_probe(kind: str, name: str, now: datetime) -> bool:
    """Mark the circuit's probe as begun; False where another worker has begun it."""
    # One conditional UPDATE: of concurrent callers the row's lock lets one alone see it free.
    rows = Circuit.objects.filter(kind=kind, name=name, opened_at__isnull=False)
    free = Q(probe_at=None) | Q(probe_at__lte=now - breaker.PROBE_TIMEOUT)
    return rows.filter(free).update(probe_at=now) == 1


def record_result(known: BreakerStates, kind: str, name: str, *, problem: str, how: str) -> None:
    """Count a call's result in its circuit. ``how`` is the kind of failure, empty for an answer.

    An answer deletes the circuit's row, if there was one; a failure that is no outage is an answer.
    """
    if how in OUTAGE_KINDS:
        _record_failure(kind, name, problem)
    elif (kind, name) in known:
        _close_circuit(kind, name)


def _record_failure(kind: str, name: str, problem: str) -> None:
    now = clock.now()
    # Insert first, then lock: the first failures may come from two workers at once.
    fresh = Circuit(id=uuid7(), kind=kind, name=name, failures=0, failed_at=now)
    Circuit.objects.bulk_create([fresh], ignore_conflicts=True)
    row = Circuit.objects.select_for_update().get(kind=kind, name=name)
    before = BreakerState(**{n: getattr(row, n) for n in FIELDS})
    after = breaker.after_failure(before if row.failures else None, now)
    Circuit.objects.filter(pk=row.pk).update(**asdict(after), problem=problem[:300])
    if after.is_open and not before.is_open:
        more = {"failures": after.failures, "until": after.rested_at.isoformat()}
        record(Verb.CIRCUIT_OPENED, row, actor=SYSTEM, after=more, reason=problem)


def _close_circuit(kind: str, name: str) -> None:
    row = Circuit.objects.select_for_update().filter(kind=kind, name=name).first()
    if row is None:
        return
    row_id, was_open = row.pk, row.opened_at is not None
    Circuit.objects.filter(pk=row_id).delete()
    if was_open:
        record(Verb.CIRCUIT_CLOSED, row, actor=SYSTEM, reason="It answered again.")
