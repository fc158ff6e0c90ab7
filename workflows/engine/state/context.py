"""Everything one advance of a run needs, read once under the run's lock."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings

from approvals.gate import verdict
from approvals.models import ReviewItem
from approvals.queries import TenantRules, preload_cases, tenant_rules, tenant_rules_from
from tenants.db import unit_of_work
from tenants.db.hydrate import all_from_json, from_json
from tenants.ids import uuid7
from tenants.models import Tenant
from workflows.definitions import inputs
from workflows.definitions.definition import Definition, Step
from workflows.engine.state import parents
from workflows.engine.state.breakers import Standings, standings
from workflows.models import Call, Run, StepRun, Version, Workflow, outputs
from workflows.validation.parse import parse_published


@dataclass(frozen=True, slots=True)
class Published:
    """A version's number and definition. Versions never change, so they are kept.

    ``reads`` are the names of the request's fields that it reads.
    """

    number: int
    definition: Definition
    reads: tuple[str, ...] = ()


@lru_cache(maxsize=2048)
def published(version_id: UUID) -> Published:
    """A published version, read once a process."""
    version = Version.objects.get(pk=version_id)
    reads = tuple(inputs.request_fields(version.definition))
    return Published(version.number, parse_published(version.definition), reads)


@dataclass(slots=True)
class Context:
    """A locked run with its definition and the steps that have begun.

    ``calls`` are without requests and responses, ``items`` without their content;
    ``standing`` is what holds above it; ``open`` names the items with actions that are
    approved and not yet begun; ``circuits`` is what failed lately, by kind and name.
    """

    run: Run
    workflow: Workflow
    version: Published
    standing: TenantRules
    steps: dict[str, StepRun] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    items: list[ReviewItem] = field(default_factory=list)
    open: frozenset[UUID] = frozenset()
    secrets: frozenset[str] = frozenset()
    circuits: Standings = field(default_factory=dict)
    # What the settings of a for_each step read beside the usual: one item of its list.
    item: dict[str, Any] = field(default_factory=dict)
    _house: verdict.GateContext | None = None
    _above: tuple[verdict.WorkflowGate, ...] | None = None

    @property
    def definition(self) -> Definition:
        """The definition of the version the run began with."""
        return self.version.definition

    @property
    def tenant(self) -> Tenant:
        """Whose run it is."""
        return self.standing.tenant

    def names(self) -> dict[str, Any]:
        """What expressions and prompts may read."""
        records: dict[str, Any] = {}
        for step in self.steps.values():
            if step.kind == "retrieve" and step.status == "done" and step.output:
                records |= step.output["records"]
        return {
            "input": self.run.input,
            "steps": outputs(list(self.steps.values())),
            "records": records,
            **self.item,
        }

    def statuses(self) -> dict[str, str]:
        """Status of every step that has begun."""
        return {name: step.status for name, step in self.steps.items()}

    def output(self, name: str | None) -> dict[str, Any]:
        """A finished step's output."""
        output = self.steps[name].output if name else None
        return output or {}

    @property
    def house(self) -> verdict.GateContext:
        """What holds above the workflow, read once a transaction."""
        if self._house is None:
            self._house = verdict.context_of(self.standing)
        return self._house

    @property
    def is_stopped(self) -> bool:
        """Whether a kill switch or a pause holds this work."""
        return bool(self.run.paused_at or self.house.stopped or self.lane().stopped)

    def lane(self, step: str = "") -> verdict.WorkflowGate:
        """The workflow as the gate sees it, with the rung of one step of it."""
        return narrowed_gate(lane_of(self.workflow, self.run.version_id, step), self.above)

    @property
    def above(self) -> tuple[verdict.WorkflowGate, ...]:
        """The lanes of the runs that handed this work over, read once a transaction."""
        if self._above is None:
            self._above = tuple(
                lane_of(run.workflow, run.version_id) for run in parents.parent_runs(self.run)
            )
        return self._above

    def model_for(self, wanted: str) -> tuple[str, str]:
        """The model to use and why: step, then version, workflow, provider, settings."""
        provider = self.standing.provider
        ways = (
            (wanted, "named in the step"),
            (self.definition.head.model, "named in the version"),
            (self.workflow.model, "set for this workflow"),
            (provider.model if provider else "", "set by the provider"),
            (settings.MODEL, "the deployment's default"),
        )
        return next((model, why) for model, why in ways if model)


def lane_of(workflow: Workflow, version_id: UUID, step: str = "") -> verdict.WorkflowGate:
    """A workflow's rungs, rules and switch for the gate, with the rung of one step of it.

    Of the run's version and the live one the tighter holds, so the rungs and never-rules of both
    do: what was forbidden since is not done by a run that began before.
    """
    ids = dict.fromkeys(filter(None, (version_id, workflow.live_id)))
    definitions = [published(one).definition for one in ids]
    never = dict.fromkeys(rule.rule() for one in definitions for rule in one.head.never)
    return verdict.WorkflowGate(
        workflow_id=workflow.pk,
        rungs=(workflow.rung, *(rung for one in definitions for rung in _rungs(one, step))),
        never=tuple(never),
        stopped=f"{workflow.title} is paused." if workflow.paused_at else "",
    )


def _rungs(definition: Definition, step: str) -> list[str]:
    """The rung of a definition, and that of its step of this name where it asks for less."""
    own = [s.settings.rung for s in definition.of_kind("act") if s.name == step and s.settings.rung]
    return [definition.head.rung, *own]


def narrowed_gate(
    lane: verdict.WorkflowGate, above: tuple[verdict.WorkflowGate, ...]
) -> verdict.WorkflowGate:
    """A lane with the rungs, never-rules and switches of those above it: never wider."""
    if not above:
        return lane
    return replace(
        lane,
        rungs=(*lane.rungs, *(rung for upper in above for rung in upper.rungs)),
        never=(*lane.never, *(rule for upper in above for rule in upper.never)),
        stopped=next((x.stopped for x in (lane, *above) if x.stopped), ""),
    )


# Runs that were locked and read together and wait for ``load``, in this transaction.
_read_ahead: ContextVar[dict[UUID, Any]] = ContextVar("handrail_runs")


OVER = (None, None, None)


@lru_cache(maxsize=1024)
def _workflow(text: str) -> Workflow:
    return from_json(Workflow, json.loads(text))


def lock_context(run_id: UUID) -> Context | None:
    """Lock a run and read what belongs to it; None where the run is over."""
    work, lane, house = _read_ahead.get({}).pop(run_id, OVER)
    if work is None:
        # Not read ahead, or over then: a way out of an exception may have reopened it since.
        work, lane, house = unit_of_work.rows("SELECT * FROM workflows_enter(%s)", [run_id])[0]
    if work is None:
        return None
    found = json.loads(work)
    run = from_json(Run, found["run"])
    steps = all_from_json(StepRun, found["steps"])
    run.workflow = _workflow(lane)
    for step in steps:
        step.run = run
    return Context(
        run=run,
        workflow=run.workflow,
        version=published(run.version_id),
        standing=tenant_rules_from(house),
        steps={step.name: step for step in steps},
        calls=all_from_json(Call, found["calls"]),
        items=all_from_json(ReviewItem, found["items"]),
        open=frozenset(UUID(item_id) for item_id in found["open"] or ()),
        secrets=frozenset(found["secrets"] or ()),
        circuits=standings(found["circuits"] or ()),
    )


def read_context(run_id: UUID) -> Context:
    """Read a run as it stands, over or not, without locking it: for what happens beside it."""
    run = Run.objects.select_related("workflow").get(pk=run_id)
    items = ReviewItem.objects.filter(run_id=run_id).only("step", "kind", "status").order_by("id")
    return Context(
        run=run,
        workflow=run.workflow,
        version=published(run.version_id),
        standing=tenant_rules(),
        items=list(items),
    )


# Sorted before they are locked: two workers with runs in common wait for each other in
# one direction only.
_RUNS = """
SELECT r.id, e.* FROM (SELECT DISTINCT id FROM unnest(%s::uuid[]) AS id ORDER BY id OFFSET 0) AS r
CROSS JOIN LATERAL workflows_enter(r.id) AS e
"""
_RUNS_OF_CALLS = """
SELECT r.id, e.* FROM (
    SELECT DISTINCT c.run_id AS id FROM workflows_call c
    WHERE c.tenant_id = current_setting('handrail.tenant')::uuid AND c.id = ANY(%s)
    ORDER BY c.run_id OFFSET 0) AS r
CROSS JOIN LATERAL workflows_enter(r.id) AS e
"""


@contextmanager
def loading(run_ids: list[UUID]) -> Iterator[None]:
    """Lock these runs and read them together; inside, ``load`` finds each once."""
    with _loading(_RUNS, run_ids):
        yield


@contextmanager
def loading_for_calls(call_ids: list[UUID]) -> Iterator[None]:
    """Lock the runs of these calls and read them together."""
    with _loading(_RUNS_OF_CALLS, call_ids):
        yield


@contextmanager
def loading_for_items(item_ids: list[UUID]) -> Iterator[None]:
    """Read these items, then lock their runs and read them together."""
    with preload_cases(item_ids) as run_ids, loading(run_ids):
        yield


@contextmanager
def _loading(sql: str, ids: list[UUID]) -> Iterator[None]:
    former = _read_ahead.get({})
    found = {row[0]: row[1:] for row in unit_of_work.rows(sql, [ids])}
    token = _read_ahead.set({**former, **found})
    try:
        yield
    finally:
        _read_ahead.reset(token)


def begin_row(context: Context, step: Step, status: str, **fields: Any) -> StepRun:
    """Insert a step's row as it begins and keep it in the context."""
    row = StepRun(
        id=uuid7(), run=context.run, name=step.name, kind=step.kind, status=status, **fields
    )
    unit_of_work.insert(row)
    if row.item is None:
        context.steps[step.name] = row
    return row
