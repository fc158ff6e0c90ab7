"""Runs are locked and read with their steps, calls and items: one run, or several ahead.

The database function ``workflows_enter`` locks one run and reads it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID

from approvals.queries import preload_cases
from tenants.db.statements import SqlStatement


class EnteredRun(NamedTuple):
    """A locked run as JSON texts: ``work`` (run, steps, calls, items), workflow, tenant's rules."""

    work: str
    workflow: str
    rules: str


class _RunRow(NamedTuple):
    """A run that was asked for; ``entered`` is None where it is over."""

    run_id: UUID
    entered: EnteredRun | None


def _entered(work: str | None, workflow: str, rules: str) -> EnteredRun | None:
    return None if work is None else EnteredRun(work, workflow, rules)


def _run_row(run_id: UUID, work: str | None, workflow: str, rules: str) -> _RunRow:
    return _RunRow(run_id, _entered(work, workflow, rules))


# A run is locked and read; all columns are NULL where it is over.
_ENTER = SqlStatement("SELECT * FROM workflows_enter(%(run)s)", _entered)

# Runs are locked in order of id and read. The order avoids deadlocks: two workers with runs in
# common wait for each other in one direction only. OFFSET 0 keeps the sort before the join.
_RUNS = SqlStatement(
    """
SELECT r.id, e.* FROM (
    SELECT DISTINCT id FROM unnest(%(ids)s::uuid[]) AS id ORDER BY id OFFSET 0) AS r
CROSS JOIN LATERAL workflows_enter(r.id) AS e
""",
    _run_row,
)
# The runs of these calls are locked in the same order and read.
_RUNS_OF_CALLS = SqlStatement(
    """
SELECT r.id, e.* FROM (
    SELECT DISTINCT c.run_id AS id FROM workflows_call c
    WHERE c.tenant_id = current_setting('handrail.tenant')::uuid AND c.id = ANY(%(ids)s)
    ORDER BY c.run_id OFFSET 0) AS r
CROSS JOIN LATERAL workflows_enter(r.id) AS e
""",
    _run_row,
)

# Runs that were locked and read in one query, for ``enter_run`` later in this transaction.
_read_ahead: ContextVar[dict[UUID, EnteredRun | None]] = ContextVar("handrail_runs")


def enter_run(run_id: UUID) -> EnteredRun | None:
    """Lock a run and read it; None where it is over. No query is made where it was read ahead."""
    entered = _read_ahead.get({}).pop(run_id, None)
    if entered is None:
        # Not read ahead, or over at that time: a way out of an exception may have reopened it.
        (entered,) = _ENTER.rows(run=run_id)
    return entered


@contextmanager
def loading(run_ids: list[UUID]) -> Iterator[None]:
    """Lock these runs and read them in one query; inside, ``enter_run`` takes each once."""
    with _read_ahead_runs(_RUNS, run_ids):
        yield


@contextmanager
def loading_for_calls(call_ids: list[UUID]) -> Iterator[None]:
    """Lock the runs of these calls and read them in one query."""
    with _read_ahead_runs(_RUNS_OF_CALLS, call_ids):
        yield


@contextmanager
def loading_for_items(item_ids: list[UUID]) -> Iterator[None]:
    """Read these items, then lock their runs and read them in one query."""
    with preload_cases(item_ids) as run_ids, loading(run_ids):
        yield


@contextmanager
def _read_ahead_runs(runs: SqlStatement[_RunRow], ids: list[UUID]) -> Iterator[None]:
    former = _read_ahead.get({})
    token = _read_ahead.set({**former, **dict(runs.rows(ids=ids))})
    try:
        yield
    finally:
        _read_ahead.reset(token)
