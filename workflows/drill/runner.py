"""Drill of one target: its calls fail in each way in turn, and with them each of its fallbacks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from approvals.models import Tool
from tenants.errors import Invalid
from workflows.definitions.definition import Step
from workflows.definitions.tool_use import tools_of
from workflows.drill.expectations import Expectation, Failed, Followed, expected
from workflows.drill.rows import DrillRow, RowStatus
from workflows.drill.scenarios import Failing, FailingWorld, Happened, Seen, happened, see_run
from workflows.drill.targets import DrillTarget, ToolFacts, Way, targets_of
from workflows.engine.state.context import published
from workflows.models import Call, Version
from workflows.routing.bounds import Bounds
from workflows.routing.choice import Escalation, choose, choose_stronger
from workflows.routing.selectors import routing_table
from workflows.routing.table import CallCase
from workflows.sealed.play import SealedWorld, play
from workflows.sealed.recorded import former_run, recorded_world

PURPOSE = "drill"
MOST_IN_A_ROW = 12  # models and tools that fail one after the other


@dataclass(frozen=True, slots=True)
class Stage:
    """Stage of a drill: a version, a request, and a world in which a target is called.

    ``first`` is the model that is asked first, empty for a tool.
    """

    version: Version
    step: Step
    target: DrillTarget
    world: SealedWorld
    given: dict[str, object]
    rehearsed: Seen
    is_sample: bool

    @property
    def first(self) -> str:
        """The model that is asked first; empty for a tool, and where none is asked."""
        calls = self.rehearsed.calls_of(self.target)
        return calls[0].name if calls and self.target.is_model else ""

    def play_with(self, failing: Failing, way: Way) -> Seen:
        """Return what is seen of a run in which these calls fail."""
        world = FailingWorld(self.world, failing, way)
        return play(self.version, self.given, purpose=PURPOSE, world=world, look=see_run)


def drill_targets(version: Version) -> list[DrillTarget]:
    """Return what a drill of a version makes fail. One query."""
    definition = published(version.pk).definition
    rows = Tool.objects.filter(name__in=tools_of(definition))
    facts = {row.name: ToolFacts(row.title, row.effect == "write", row.takes_key) for row in rows}
    return targets_of(definition, facts)


def drill_target(version: Version, target: DrillTarget) -> list[DrillRow]:
    """Make a target fail in sealed runs, and return what followed each time."""
    stage = _stage_of(version, target)
    if not stage.rehearsed.calls_of(target):
        failing = Failing(target)
        have = happened(stage.rehearsed, stage.step, failing)
        want = expected(stage.step, target, Way.UNREACHABLE, Failed())
        return [_row(stage, Way.UNREACHABLE, failing, want, have)]
    return [row for way in target.ways for row in _fail_in_turn(stage, way)]


def _stage_of(version: Version, target: DrillTarget) -> Stage:
    """Return a stage on which the target is called: from the journal, else from samples."""
    former = former_run(version, step=target.step, tool=target.name)
    stages = []
    for run in [former, None] if former else [None]:
        world, given = recorded_world(version, run)
        seen = play(version, given, purpose=PURPOSE, world=world, look=see_run)
        step = published(version.pk).definition.step(target.step)
        stages.append(Stage(version, step, target, world, given, seen, run is None))
        if seen.calls_of(target):
            return stages[-1]
    return stages[0]


def _fail_in_turn(stage: Stage, way: Way) -> Iterator[DrillRow]:
    """Yield a row for the target, and one for each model or tool that then took its place.

    Only of a target that can't be reached: after another failure the same fallbacks follow.
    """
    failing = Failing(stage.target, models=(stage.first,) if stage.first else ())
    failed = Failed(models=failing.models)
    for _ in range(MOST_IN_A_ROW):
        seen = stage.play_with(failing, way)
        failed = replace(failed, candidate=_candidate(seen, failing, way))
        want = expected(stage.step, stage.target, way, failed)
        have = happened(seen, stage.step, failing)
        row = _row(stage, way, failing, want, have)
        yield row
        if have.then not in (Followed.MODEL, Followed.TOOL) or way is not Way.UNREACHABLE:
            return
        is_as_declared = row.status is not RowStatus.MISSING
        models = (*failing.models, have.name) if stage.target.is_model else ()
        failing = replace(failing, models=models, number=have.number)
        failed = replace(
            failed,
            models=models,
            number=max(failed.number, want.number if is_as_declared else failed.number),
            passed_over=failed.passed_over if is_as_declared else {*failed.passed_over, want.name},
        )


def _candidate(seen: Seen, failing: Failing, way: Way) -> str:
    """Return the model that the provider's table has next for a routed call; empty for none."""
    failed = [call for call in seen.calls_of(failing.target) if failing.has(call)]
    choice = failed[-1].choice if failed and failing.target.is_model else None
    return _next_in_table(choice, failed[-1], way) if choice else ""


def _next_in_table(choice: dict[str, Any], call: Call, way: Way) -> str:
    table = routing_table(UUID(str(choice["version"])))
    bounds = [Bounds.from_json(one) for one in choice["bounds"]]
    given_up = [*choice["failed"], call.name]
    case = CallCase.from_json(choice["case"])
    if way is Way.UNFIT:
        because = Escalation.SCHEMA
        stronger = choose_stronger(table, case, call.name, because, bounds=bounds, failed=given_up)
        if stronger is not None:
            return stronger.deployment.name
    try:
        return choose(table, case, bounds=bounds, failed=given_up).deployment.name
    except Invalid:
        return ""


def _row(stage: Stage, way: Way, failing: Failing, want: Expectation, have: Happened) -> DrillRow:
    target = stage.target
    more = _also_failed(stage, failing)
    return DrillRow(
        step=target.step,
        kind="model" if target.is_model else "tool",
        name=target.name or stage.first,
        way=way.value,
        what=f"{target.title(stage.first)} {way.said}{more}",
        declared=want.sentence,
        happened=have.sentence,
        status=_status(want, have),
        is_sample=stage.is_sample,
    )


def _also_failed(stage: Stage, failing: Failing) -> str:
    """Return in words what fails besides the target: the models and tools in its place."""
    if stage.target.is_model:
        others = list(failing.models[1:])
    else:
        plans = stage.step.head.on_failure[: failing.number]
        others = [plan.tool for plan in plans if plan.tool]
    return f", nor can {', '.join(others)}" if others else ""


def _status(want: Expectation, have: Happened) -> RowStatus:
    if have.then is Followed.NOT_REACHED:
        return RowStatus.NOT_REACHED
    is_named = not want.name or have.name == want.name
    if have.then is not want.then or have.tries != want.tries or not is_named:
        return RowStatus.MISSING
    if want.is_always:
        return RowStatus.ALWAYS
    return RowStatus.SHOWN if want.is_declared else RowStatus.UNDECLARED
