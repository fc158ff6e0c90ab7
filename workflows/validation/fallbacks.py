"""Validation of a step's fallbacks against the tenant's world. Pure."""

import json
from collections.abc import Iterator

from tenants.errors import DomainError
from tenants.text.sentences import joined_by_or
from workflows.definitions.definition import Definition, Step
from workflows.definitions.on_failure import Fallback
from workflows.definitions.problems import Path, Problem
from workflows.definitions.world import World
from workflows.validation.manual_output import output_of

KINDS_OF_FALLBACK = {"model": ("generate", "agent"), "tool": ("act",)}


def fallback_problems(
    definition: Definition, step: Step, world: World, path: Path
) -> Iterator[Problem]:
    """Yield the problems of fallbacks: unknown names, wrong step kinds, wrong values, no effect."""
    plans = step.head.on_failure
    for index, plan in enumerate(plans):
        place: Path = (*path, "on_failure", index)
        if plan.person and index + 1 < len(plans):
            yield Problem(place, "A person is the last way out: nothing comes after.")
        for way, kinds in KINDS_OF_FALLBACK.items():
            if getattr(plan, way) and step.kind not in kinds:
                said = f"Only a step of the kind {joined_by_or(kinds)} can use a {way}."
                yield Problem((*place, way), said)
        if plan.model and world.models and plan.model not in world.models:
            yield Problem((*place, "model"), f"There is no model called {plan.model} here.")
        if plan.tool and step.kind == "act":
            yield from _tool(step, world, plan, place)
        if plan.value is not None:
            yield from _value(definition, step, plan, (*place, "value"))


def _tool(step: Step, world: World, plan: Fallback, place: Path) -> Iterator[Problem]:
    tool = world.tools.get(plan.tool)
    if tool is None:
        yield Problem((*place, "tool"), f"There is no tool called {plan.tool}.")
        return
    args = step.settings.args if plan.args is None else plan.args
    for name in sorted(args.keys() - tool.fields):
        yield Problem(
            (*place, "args", name),
            f"{plan.tool} takes no argument {name}. Give it args of its own.",
        )


def _value(definition: Definition, step: Step, plan: Fallback, place: Path) -> Iterator[Problem]:
    try:
        output_of(definition, step.name, json.loads(json.dumps(plan.value)), by="")
    except (DomainError, TypeError, ValueError, KeyError) as error:
        yield Problem(place, getattr(error, "message", "This is no JSON value."))
