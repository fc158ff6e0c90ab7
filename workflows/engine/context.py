"""Everything one advance of a run needs, read once under the run's lock."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from approvals import gate
from tenants.ids import uuid7
from tenants.models import Provider
from workflows.definitions.parse import Definition, Step, parse_published
from workflows.engine import circuits
from workflows.models import Run, StepRun, Workflow, outputs


@dataclass(slots=True)
class Context:
    """A locked run with its definition and the steps that have begun."""

    run: Run
    workflow: Workflow
    definition: Definition
    steps: dict[str, StepRun] = field(default_factory=dict)
    _house: gate.House | None = None

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
        }

    def statuses(self) -> dict[str, str]:
        """Status of every step that has begun."""
        return {name: step.status for name, step in self.steps.items()}

    def output(self, name: str | None) -> dict[str, Any]:
        """A finished step's output."""
        output = self.steps[name].output if name else None
        return output or {}

    @property
    def house(self) -> gate.House:
        """What holds above the workflow, read once a transaction."""
        if self._house is None:
            self._house = gate.house()
        return self._house

    @property
    def is_stopped(self) -> bool:
        """Whether a kill switch or a pause holds this work."""
        return bool(self.run.paused_at or self.house.stopped or self.lane().stopped)

    @property
    def circuits(self) -> circuits.Standings:
        """What failed lately, by kind and name."""
        return circuits.standings(self.workflow)

    def lane(self, action_rung: str | None = None) -> gate.Lane:
        """The workflow as the gate sees it."""
        return lane_of(self.workflow, self.definition, action_rung)

    def model_for(self, wanted: str) -> tuple[str, str]:
        """The model to use and why: step, then version, workflow, provider, settings."""
        provider = Provider.objects.first()
        ways = (
            (wanted, "named in the step"),
            (self.definition.head.model, "named in the version"),
            (self.workflow.model, "set for this workflow"),
            (provider.model if provider else "", "set by the provider"),
            (settings.MODEL, "the deployment's default"),
        )
        return next((model, why) for model, why in ways if model)


def lane_of(
    workflow: Workflow, definition: Definition, action_rung: str | None = None
) -> gate.Lane:
    """A workflow's rungs, rules and switch for the gate."""
    rungs = (workflow.rung, definition.head.rung, *([action_rung] if action_rung else []))
    return gate.Lane(
        workflow_id=workflow.pk,
        rungs=rungs,
        never=tuple(rule.rule() for rule in definition.head.never),
        stopped=f"{workflow.title} is paused." if workflow.paused_at else "",
    )


def load(run_id: Any) -> Context | None:
    """Lock a run and read what belongs to it; None where the run is over."""
    # NO KEY: rows that link to the run may be inserted meanwhile, so nobody deadlocks.
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None or run.status not in ("running", "waiting"):
        return None
    # Read by key, not joined: FOR UPDATE would lock the workflow for every run of it.
    workflow = circuits.with_circuits(Workflow.objects.all()).get(pk=run.workflow_id)
    definition = parse_published(run.version.definition)
    steps = {step.name: step for step in StepRun.objects.filter(run=run, replaced_at=None)}
    return Context(run, workflow, definition, steps)


def begin_row(context: Context, step: Step, status: str, **fields: Any) -> StepRun:
    """Insert a step's row as it begins and keep it in the context."""
    row = StepRun(
        id=uuid7(), run=context.run, name=step.name, kind=step.kind, status=status, **fields
    )
    StepRun.objects.bulk_create([row])
    context.steps[step.name] = row
    return row
