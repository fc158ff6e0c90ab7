"""Circuit breakers: one a tool and a model of the tenant. A row exists only after a failure.

The rows are read together with the run (``context.load``), so that a call to something
that is well costs no query and no write.
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
# What says that the other side is not well. A refusal is an answer.
UNWELL = {"timeout", "rate_limited", "unavailable"}

Standings = dict[tuple[str, str], BreakerState]


@dataclass(frozen=True, slots=True)
class Hold:
    """A call that must wait."""

    until: datetime
    why: str


def standings(rows: Iterable[dict[str, Any]]) -> Standings:
    """Circuits from their rows as JSON."""
    return {(row["kind"], row["name"]): _standing(row) for row in rows}


def _standing(row: dict[str, Any]) -> BreakerState:
    times = {n: datetime.fromisoformat(row[n]) if row[n] else None for n in TIMES}
    return BreakerState(failures=row["failures"], opens=row["opens"], **times)  # type: ignore[arg-type]


def hold(known: Standings, kind: str, name: str, *, now_making: bool = True) -> Hold | None:
    """Whether a call must wait. None lets it through; half open, to one caller only.

    Who is not ``now_making`` the call is asked again before it is made.
    """
    standing = known.get((kind, name))
    if standing is None or not standing.is_open:
        return None
    now = clock.now()
    until = breaker.held_until(standing, now)
    if until is None and now_making and not _let_one_through(kind, name, now):
        until = now + breaker.REST
    if until is None:
        return None
    return Hold(until, f"{name} failed {standing.failures} times in a row, so calls to it wait.")


def is_open(known: Standings, kind: str, name: str) -> bool:
    """Whether calls are held, all or all but one."""
    standing = known.get((kind, name))
    return standing is not None and standing.is_open


def _let_one_through(kind: str, name: str, now: datetime) -> bool:
    """Of any number of callers at once one gets past this."""
    rows = Circuit.objects.filter(kind=kind, name=name, opened_at__isnull=False)
    free = Q(probe_at=None) | Q(probe_at__lte=now - breaker.PROBE)
    return rows.filter(free).update(probe_at=now) == 1


def note(known: Standings, kind: str, name: str, *, problem: str, how: str) -> None:
    """Keep what came of a call. ``how`` is the kind of failure, empty for an answer."""
    if how in UNWELL:
        _failed(kind, name, problem)
    elif (kind, name) in known:
        _answered(kind, name)


def _failed(kind: str, name: str, problem: str) -> None:
    now = clock.now()
    fresh = Circuit(id=uuid7(), kind=kind, name=name, failures=0, failed_at=now)
    Circuit.objects.bulk_create([fresh], ignore_conflicts=True)
    row = Circuit.objects.select_for_update().get(kind=kind, name=name)
    before = BreakerState(**{n: getattr(row, n) for n in FIELDS})
    after = breaker.failed(before if row.failures else None, now)
    Circuit.objects.filter(pk=row.pk).update(**asdict(after), problem=problem[:300])
    if after.is_open and not before.is_open:
        more = {"failures": after.failures, "until": after.rested_at.isoformat()}
        record(Verb.CIRCUIT_OPENED, row, actor=SYSTEM, after=more, reason=problem)


def _answered(kind: str, name: str) -> None:
    row = Circuit.objects.select_for_update().filter(kind=kind, name=name).first()
    if row is None:
        return
    row_id, was_open = row.pk, row.opened_at is not None
    Circuit.objects.filter(pk=row_id).delete()
    if was_open:
        record(Verb.CIRCUIT_CLOSED, row, actor=SYSTEM, reason="It answered again.")
