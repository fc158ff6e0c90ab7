"""handoff: another workflow of the tenant does a part of the work, as a run of its own."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from approvals.rules.ladder import Effect
from workflows.definitions.definition import Definition, Step
from workflows.definitions.references import flat
from workflows.definitions.schema import DEEPEST, Slug, Strict
from workflows.definitions.world import World
from workflows.steps.act import evaluate_tree
from workflows.steps.protocol import StepContext
from workflows.steps.results import HandOver, SettingsMistake

NAME = "handoff"
# A handoff has no effect itself: the other workflow asks the ladder for each of its steps.
EFFECT = Effect.READ


class Settings(Strict):
    """Which workflow, by its slug, and its input (CEL)."""

    workflow: Slug
    """The workflow that takes over, by its name."""
    input: dict[str, Any] = Field(default_factory=dict)
    """What its run is given, in CEL."""


def expressions_in(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the CEL of the input, each with its path in the settings."""
    for place, source in flat(settings.input):
        yield ("input", *place), source


def check(
    settings: Settings, definition: Definition, step: Step, world: World
) -> Iterator[SettingsMistake]:
    """Yield the problem of the workflow that takes over."""
    if said := target_problem(settings.workflow, definition, world):
        yield SettingsMistake(("workflow",), said)


def target_problem(slug: str, definition: Definition, world: World) -> str:
    """Return why work can't be handed over to a workflow; empty where it can.

    It may be unknown, hand over in a circle, or too often in a row.
    """
    own = definition.head.workflow
    if slug != own and slug not in world.handoffs:
        listed = ", ".join(sorted(world.handoffs.keys() - {own})) or "none yet"
        return f"There is no published workflow called {slug}. There are: {listed}."
    graph = {**world.handoffs, own: targets(definition)}
    if way := _shortest_path(graph, slug, own):
        return f"These workflows hand over to each other: {' → '.join([own, *way])}."
    if _is_too_deep(graph, slug):
        return f"Work may be handed over {DEEPEST} times in a row, not more."
    return ""


def targets(definition: Definition) -> frozenset[str]:
    """Return the slugs of the workflows that a definition hands over to, its agents' too."""
    agents = (slug for step in definition.of_kind("agent") for slug in step.settings.workflows)
    return frozenset((*(step.settings.workflow for step in definition.of_kind(NAME)), *agents))


def _shortest_path(graph: Mapping[str, frozenset[str]], start: str, goal: str) -> list[str]:
    """Return the shortest path from one workflow to another; empty where there is none."""
    came: dict[str, str] = {start: ""}
    todo = [start]
    while todo and goal not in came:
        name = todo.pop(0)
        for following in sorted(graph.get(name, frozenset()) - came.keys()):
            came[following] = name
            todo.append(following)
    way: list[str] = []
    name = goal if goal in came else ""
    while name:
        way.insert(0, name)
        name = came[name]
    return way


def _is_too_deep(graph: Mapping[str, frozenset[str]], first: str) -> bool:
    level = {first}
    for _ in range(DEEPEST):
        level = {following for name in level for following in graph.get(name, ())}
    return bool(level)


def begin(context: StepContext, step: Step) -> HandOver:
    """Return the handoff to the other workflow, with its input evaluated."""
    settings: Settings = step.settings
    worked = evaluate_tree(settings.input, context.names())
    assert isinstance(worked, dict)
    return HandOver(settings.workflow, worked)
