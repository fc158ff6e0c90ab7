"""The open work of runs is read in one statement: jobs, waiting items and waiting steps."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tenants.db.statements import SqlStatement, json_value
from tenants.wall import TENANT_SQL
from workflows.engine.handlers.perform import PERFORM


class OpenItem(NamedTuple):
    """Review item that waits for a person. ``draft`` is that of an exception."""

    workflow_id: UUID
    kind: str
    due_at: datetime
    draft: dict[str, Any] | None


class OpenStep(NamedTuple):
    """Step that waits for a time, an event or a child run."""

    id: UUID
    kind: str
    note: str


class OpenJob(NamedTuple):
    """Outbox row that no worker has claimed. ``kind``, ``name`` and ``attempt`` are of its call.

    ``problem`` is why the call waits for a budget.
    """

    id: UUID
    object_id: UUID
    topic: str
    due_at: datetime
    ready: bool
    waits_for: str | None
    kind: str
    name: str
    attempt: int
    problem: str


@dataclass(slots=True)
class OpenWork:
    """The open items, steps and jobs of runs, by the id of the run."""

    items: dict[UUID, list[OpenItem]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[UUID, list[OpenStep]] = field(default_factory=lambda: defaultdict(list))
    jobs: dict[UUID, list[OpenJob]] = field(default_factory=lambda: defaultdict(list))

    def all_jobs(self) -> Iterable[OpenJob]:
        """Return the jobs of all these runs."""
        return (job for jobs in self.jobs.values() for job in jobs)


# The open work of runs is read. A job is about a run or about a call, an item or a step of it; the
# ids come as an array, so that the outbox is read by its index of unclaimed rows.
_OPEN_WORK = SqlStatement(
    f"""
WITH calls AS MATERIALIZED (
    SELECT id, run_id, kind, name, attempt, problem FROM workflows_call
    WHERE tenant_id = {TENANT_SQL} AND run_id = ANY(%(runs)s) AND status = 'intended'
), items AS MATERIALIZED (
    SELECT id, run_id, workflow_id, kind, status, due_at,
        CASE WHEN kind = 'exception' THEN draft END AS draft
    FROM approvals_reviewitem
    WHERE tenant_id = {TENANT_SQL} AND run_id = ANY(%(runs)s) AND NOT planted
), steps AS MATERIALIZED (
    SELECT id, run_id, kind, note FROM workflows_steprun
    WHERE tenant_id = {TENANT_SQL} AND run_id = ANY(%(runs)s) AND status = 'waiting'
    AND replaced_at IS NULL AND kind IN ('wait', 'handoff')
), objects AS MATERIALIZED (
    SELECT id, id AS run_id FROM unnest(%(runs)s::uuid[]) AS id
    UNION ALL SELECT id, run_id FROM calls
    UNION ALL SELECT id, run_id FROM items
    UNION ALL SELECT id, run_id FROM steps
), jobs AS (
    SELECT o.id, objects.run_id, o.object_id, o.topic, o.due_at, o.ready, o.waits_for,
        coalesce(calls.kind, 'tool') AS kind, coalesce(calls.attempt, 1) AS attempt,
        coalesce(calls.problem, '') AS problem,
        coalesce(calls.name, CASE WHEN o.topic = '{PERFORM}' THEN (
            SELECT p.tool_name FROM approvals_proposal p
            WHERE p.tenant_id = o.tenant_id AND p.item_id = o.object_id AND p.status = 'approved'
            ORDER BY p.position LIMIT 1) END, '') AS name
    FROM audit_outbox o JOIN objects ON objects.id = o.object_id
    LEFT JOIN calls ON calls.id = o.object_id
    WHERE o.tenant_id = {TENANT_SQL} AND o.object_id = ANY(ARRAY(SELECT id FROM objects))
    AND o.lease_until IS NULL AND o.parked_at IS NULL AND o.topic = ANY(%(topics)s)
)
SELECT json_build_object(
    'items', (SELECT json_agg(i ORDER BY i.id) FROM items i WHERE i.status = 'waiting'),
    'steps', (SELECT json_agg(s ORDER BY s.id) FROM steps s),
    'jobs', (SELECT json_agg(j ORDER BY j.due_at, j.id) FROM jobs j))::text
""",
    json_value,
)


def open_work_of(run_ids: list[UUID], topics: Collection[str]) -> OpenWork:
    """Return the open work of these runs; of the jobs those with these topics."""
    found, (rows,) = OpenWork(), _OPEN_WORK.rows(runs=run_ids, topics=list(topics))
    for row in rows["items"] or ():
        item = OpenItem(UUID(row["workflow_id"]), row["kind"], _time(row), row["draft"])
        found.items[UUID(row["run_id"])].append(item)
    for row in rows["steps"] or ():
        step = OpenStep(UUID(row["id"]), row["kind"], row["note"])
        found.steps[UUID(row["run_id"])].append(step)
    for row in rows["jobs"] or ():
        job = OpenJob(
            id=UUID(row["id"]),
            object_id=UUID(row["object_id"]),
            topic=row["topic"],
            due_at=_time(row),
            ready=row["ready"],
            waits_for=row["waits_for"],
            kind=row["kind"],
            name=row["name"],
            attempt=row["attempt"],
            problem=row["problem"],
        )
        found.jobs[UUID(row["run_id"])].append(job)
    return found


def _time(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["due_at"])
