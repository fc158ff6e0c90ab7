"""Context of a run: the run, its version, steps, calls and items, read once under its lock."""

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings

from approvals.gate import verdict
from approvals.models import ReviewItem
from approvals.queries import TenantRules, tenant_rules, tenant_rules_from
from tenants.db import unit_of_work
from tenants.db.hydrate import all_from_json, from_json
from tenants.ids import uuid7
from tenants.models import Tenant
from workflows.definitions import inputs
from workflows.definitions.definition import Definition, Step, is_part
from workflows.engine.state import parents
from workflows.engine.state.breakers import BreakerStates, breaker_states
from workflows.engine.state.entered_runs import enter_run
from workflows.models import Call, Run, StepRun, Version, Workflow, outputs
from workflows.validation.parse import parse_published


@dataclass(frozen=True, slots=True)
class Published:
    """Number and parsed definition of a published version, cached because versions never change.

    ``reads`` are the names of the request's fields that the definition reads.
    """

    number: int
    definition: Definition
    reads: tuple[str, ...] = ()


@lru_cache(maxsize=2048)
def published(version_id: UUID) -> Published:
    """Return a published version, read and parsed once a process."""
    version = Version.objects.get(pk=version_id)
    reads = tuple(inputs.request_fields(version.definition))
    return Published(version.number, parse_published(version.definition), reads)


@dataclass(slots=True)
class Context:
    """Locked run with its definition and the steps that have begun, by name.

    ``calls`` are without requests and responses, ``items`` without their content; ``tenant_rules``
    hold for every workflow; ``open`` has the ids of items with actions approved and not yet begun;
    ``secrets`` are names; ``circuits`` has the tools and models that failed lately, by kind, name.
    """

    run: Run
    workflow: Workflow
    version: Published
    tenant_rules: TenantRules
    steps: dict[str, StepRun] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    items: list[ReviewItem] = field(default_factory=list)
    open: frozenset[UUID] = frozenset()
    secrets: frozenset[str] = frozenset()
    circuits: BreakerStates = field(default_factory=dict)
    # Further names for the expressions of a for_each step: one item of its list.
    item: dict[str, Any] = field(default_factory=dict)
    _gate_context: verdict.GateContext | None = None
    _parent_gates: tuple[verdict.WorkflowGate, ...] | None = None

    @property
    def definition(self) -> Definition:
        """The definition of the version the run began with."""
        return self.version.definition

    @property
    def tenant(self) -> Tenant:
        """The tenant of the run."""
        return self.tenant_rules.tenant

    def names(self) -> dict[str, Any]:
        """Return the names that expressions and prompts may read, with their values."""
        records: dict[str, Any] = {}
        for step in self.steps.values():
            if step.kind == "retrieve" and step.status == "done" and step.output:
                records |= step.output["records"]
        return {
            "input": self.run.input,
            "steps": outputs([s for s in self.steps.values() if not is_part(s.name)]),
            "records": records,
            **self.item,
        }

    def count_items(self, step: str, kinds: tuple[str, ...]) -> int:
        """Return the number of the run's items of these kinds about a step."""
        return sum(item.step == step and item.kind in kinds for item in self.items)

    def statuses(self) -> dict[str, str]:
        """Return the status of every step that has begun, by name."""
        return {name: step.status for name, step in self.steps.items()}

    def output(self, name: str | None) -> dict[str, Any]:
        """Return a step's output; empty where it has none, or where ``name`` is None."""
        output = self.steps[name].output if name else None
        return output or {}

    @property
    def gate_context(self) -> verdict.GateContext:
        """The rules of tenant and provider for the gate, worked out once a transaction."""
        if self._gate_context is None:
            self._gate_context = verdict.context_of(self.tenant_rules)
        return self._gate_context

    @property
    def is_stopped(self) -> bool:
        """Whether a kill switch, or a pause of the run or its workflow, stops the run."""
        return bool(self.run.paused_at or self.gate_context.stopped or self.workflow_gate().stopped)

    def workflow_gate(self, step: str = "") -> verdict.WorkflowGate:
        """Return the workflow's gate, with the rung of ``step``, narrowed by the parent runs'."""
        return narrowed_gate(
            gate_of_workflow(self.workflow, self.run.version_id, step), self.parent_gates
        )

    @property
    def parent_gates(self) -> tuple[verdict.WorkflowGate, ...]:
        """The gates of the workflows whose runs handed this run over, read once a transaction."""
        if self._parent_gates is None:
            self._parent_gates = tuple(
                gate_of_workflow(run.workflow, run.version_id)
                for run in parents.parent_runs(self.run)
            )
        return self._parent_gates

    def model_for(self, wanted: str) -> tuple[str, str]:
        """Return the model to use and why; step, version, workflow, provider, settings decide.

        Both are empty where the provider's routing table decides, as nobody named one.
        """
        provider = self.tenant_rules.provider
        named = (
            (wanted, "named in the step"),
            (self.definition.head.model, "named in the version"),
            (self.workflow.model, "set for this workflow"),
        )
        usual = (
            (provider.model if provider else "", "set by the provider"),
            (settings.MODEL, "the deployment's default"),
        )
        ways = named if provider and provider.routing else (*named, *usual)
        return next(((model, why) for model, why in ways if model), ("", ""))


def gate_of_workflow(workflow: Workflow, version_id: UUID, step: str = "") -> verdict.WorkflowGate:
    """Return a workflow's rungs, never-rules and switch for the gate, with the rung of ``step``.

    The rungs and never-rules of the run's version and of the live one both hold: a run that began
    before does not do what was forbidden since.
    """
    ids = dict.fromkeys(filter(None, (version_id, workflow.live_id)))
    definitions = [published(one).definition for one in ids]
    never = dict.fromkeys(rule.rule() for one in definitions for rule in one.head.never)
    return verdict.WorkflowGate(
        workflow_id=workflow.pk,
        rungs=(workflow.rung, *(rung for one in definitions for rung in _rungs_of_step(one, step))),
        never=tuple(never),
        stopped=f"{workflow.title} is paused." if workflow.paused_at else "",
    )


def _rungs_of_step(definition: Definition, step: str) -> list[str]:
    """Return the rung of a definition, and that of its action ``step`` where it has one."""
    own = [s.settings.rung for s in definition.of_kind("act") if s.name == step and s.settings.rung]
    return [definition.head.rung, *own]


def narrowed_gate(
    gate: verdict.WorkflowGate, parent_gates: tuple[verdict.WorkflowGate, ...]
) -> verdict.WorkflowGate:
    """Return a workflow's gate with the rungs, never-rules and switches of its parents added."""
    if not parent_gates:
        return gate
    return replace(
        gate,
        rungs=(*gate.rungs, *(rung for parent in parent_gates for rung in parent.rungs)),
        never=(*gate.never, *(rule for parent in parent_gates for rule in parent.never)),
        stopped=next((x.stopped for x in (gate, *parent_gates) if x.stopped), ""),
    )


@lru_cache(maxsize=1024)
def _workflow_from_json(text: str) -> Workflow:
    return from_json(Workflow, json.loads(text))


def lock_context(run_id: UUID) -> Context | None:
    """Lock a run and read its steps, calls, items and rules; None where the run is over.

    ``entered_runs.loading`` and its sisters may have read the run ahead: then no query is made.
    """
    entered = enter_run(run_id)
    if entered is None:
        return None
    found = json.loads(entered.work)
    run = from_json(Run, found["run"])
    steps = all_from_json(StepRun, found["steps"])
    run.workflow = _workflow_from_json(entered.workflow)
    for step in steps:
        step.run = run
    return Context(
        run=run,
        workflow=run.workflow,
        version=published(run.version_id),
        tenant_rules=tenant_rules_from(entered.rules),
        steps={step.name: step for step in steps},
        calls=all_from_json(Call, found["calls"]),
        items=all_from_json(ReviewItem, found["items"]),
        open=frozenset(UUID(item_id) for item_id in found["open"] or ()),
        secrets=frozenset(found["secrets"] or ()),
        # What failed lately says nothing about a sealed run, which calls nothing.
        circuits={} if run.is_sealed else breaker_states(found["circuits"] or ()),
    )


def read_context(run_id: UUID) -> Context:
    """Read a run without locking it, whether or not it is over, for work that moves no step of it.

    The context has items with step, kind and status, and neither steps nor calls.
    """
    run = Run.objects.select_related("workflow").get(pk=run_id)
    items = ReviewItem.objects.filter(run_id=run_id).only("step", "kind", "status").order_by("id")
    return Context(
        run=run,
        workflow=run.workflow,
        version=published(run.version_id),
        tenant_rules=tenant_rules(),
        items=list(items),
    )


def begin_row(context: Context, step: Step, status: str, **fields: Any) -> StepRun:
    """Insert the row of a step that begins and add it to the context's steps.

    The row of one item of a ``for_each`` step is not added.
    """
    row = StepRun(
        id=uuid7(), run=context.run, name=step.name, kind=step.kind, status=status, **fields
    )
    unit_of_work.insert(row)
    if row.item is None:
        context.steps[step.name] = row
    return row
