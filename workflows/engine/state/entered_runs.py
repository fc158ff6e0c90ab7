"""Runs are locked and read with their steps, calls and items: one run, or several ahead.

The database function ``workflows_enter`` locks one run and reads it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID

from approvals.queries import CASE_TO_PERFORM, keep_cases
from audit.jobs import ReadAhead
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

# Items are read with what performing their actions needs, and their runs as above. An item is read
# as it was before a wait for its run's lock.
_ITEMS_AND_RUNS = SqlStatement(
    f"""
SELECT {CASE_TO_PERFORM}, i.run_id, e.* FROM (
    SELECT * FROM approvals_reviewitem WHERE id = ANY(%(items)s) ORDER BY run_id OFFSET 0) AS i
CROSS JOIN LATERAL workflows_enter(i.run_id) AS e
""",
    lambda *row: row,
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
def keeping(run_id: UUID, row: tuple[Any, ...]) -> Iterator[None]:
    """A run that was locked and read is there inside the block: ``enter_run`` takes it once."""
    with _kept({run_id: _entered(*row)}):
        yield


# The outbox locks and reads a run in the statement that claims its row, or completes a claim.
RUN_AHEAD = ReadAhead("workflows_enter", keeping)


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
    """Read these items with what performing them needs, and lock and read their runs: one query."""
    rows = _ITEMS_AND_RUNS.rows(items=item_ids)
    runs = {run_id: _entered(*run) for _, run_id, *run in rows}
    with keep_cases([json.loads(case) for case, *_ in rows]), _kept(runs):
        yield


@contextmanager
def _read_ahead_runs(runs: SqlStatement[_RunRow], ids: list[UUID]) -> Iterator[None]:
    with _kept(dict(runs.rows(ids=ids))):
        yield


@contextmanager
def _kept(runs: dict[UUID, EnteredRun | None]) -> Iterator[None]:
    token = _read_ahead.set({**_read_ahead.get({}), **runs})
    try:
        yield
    finally:
        _read_ahead.reset(token)
