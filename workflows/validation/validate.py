"""Validation of a definition against its tenant's world: names, expressions, cycles. Pure.

The objects of the tenant are handed in as a ``World``.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from approvals.rules import expressions, never, schema_validation
from tenants.errors import Invalid
from workflows.definitions.definition import Definition, Step
from workflows.definitions.problems import DefinitionError, Path, Problem
from workflows.definitions.references import fallback_args, steps_read, upstream
from workflows.definitions.world import World
from workflows.steps import step_kinds
from workflows.validation import triggers
from workflows.validation.fallbacks import fallback_problems
from workflows.validation.for_each import check_repeat
from workflows.validation.outward import outward_problems
from workflows.validation.parse import ReadDefinition

NAMES = {"input", "steps", "records"}


def all_problems(
    found: ReadDefinition, world: World, more: Iterable[Problem] = ()
) -> list[Problem]:
    """Return all problems of a text, each once at its place, in the order of the text.

    Problems of its shape and those in ``more`` are included.
    """
    problems = [*found.problems, *more]
    if found.repaired is not None:
        problems += filter(found.is_real, _definition_problems(found.repaired, world))
    # A repaired part may repeat a problem of the shape: each is listed once.
    placed = dict.fromkeys(found.places.place(problem) for problem in problems)
    return sorted(placed, key=lambda problem: (problem.line, problem.column))


def validate(found: ReadDefinition, world: World) -> None:
    """Raise DefinitionError with every problem of a text, each at its place."""
    if problems := all_problems(found, world):
        raise DefinitionError(problems)


def _definition_problems(definition: Definition, world: World) -> Iterator[Problem]:
    yield from _head(definition, world)
    yield from triggers.problems(definition, world.mailboxes)
    yield from _graph(definition)
    yield from _steps(definition, world)
    yield from outward_problems(definition, world)


def _head(definition: Definition, world: World) -> Iterator[Problem]:
    head = definition.head
    for index, name in enumerate(head.sources):
        if name not in world.sources:
            yield Problem(("sources", index), f"There is no source called {name}.")
        elif name in world.secret:
            said = f"{name} is marked as secret, so no workflow may read it."
            yield Problem(("sources", index), said)
    for index, rule in enumerate(head.never):
        try:
            never.check(rule.rule(), world.tools.values())
        except Invalid as error:
            yield Problem(("never", index), error.message)
    for name, schema in head.schemas.items():
        try:
            schema_validation.check(schema)
        except Invalid as error:
            yield Problem(("schemas", name), error.message)
    if head.input is not None:
        yield from _input(head.input)
    if head.model and world.models and head.model not in world.models:
        yield Problem(("model",), f"There is no model called {head.model} here.")
    for index, name in enumerate(head.models):
        if world.routed and name not in world.routed:
            yield Problem(("models", index), f"The provider's table has no model called {name}.")


def _input(shape: dict[str, Any]) -> Iterator[Problem]:
    try:
        schema_validation.check(shape)
    except Invalid as error:
        yield Problem(("input",), error.message)
        return
    if shape.get("type") != "object":
        yield Problem(("input",), "The schema must describe an object.")


def _graph(definition: Definition) -> Iterator[Problem]:
    names = [step.name for step in definition.steps]
    for index, step in enumerate(definition.steps):
        path: Path = ("steps", index)
        if names.index(step.name) != index:
            yield Problem((*path, "name"), f"There is a step called {step.name} already.")
        for number, need in enumerate(step.head.needs):
            if need not in names:
                yield Problem((*path, "needs", number), f"There is no step called {need}.")
    if cycle := _cycle({s.name: [n for n in s.head.needs if n in names] for s in definition.steps}):
        where = names.index(cycle[0])
        yield Problem(
            ("steps", where, "needs"), f"These steps wait for each other: {' → '.join(cycle)}."
        )
    else:
        yield from _group_waits(definition)


def _group_waits(definition: Definition) -> Iterator[Problem]:
    """Yield the problems of groups with a step between their actions.

    A group is reviewed as one item, so no step can run between its actions.
    """
    groups = {s.name: s.settings.group for s in definition.of_kind("act") if s.settings.group}
    for index, step in enumerate(definition.steps):
        group = groups.get(step.name)
        for need in step.head.needs if group else ():
            if groups.get(need) != group and any(
                groups.get(name) == group for name in upstream(definition, need)
            ):
                yield Problem(
                    ("steps", index, "needs"),
                    f"{need} comes after an action of the group {group}, which {step.name} is in "
                    "too, so the group could never begin. Take it out of the group.",
                )


def _cycle(needs: dict[str, list[str]]) -> list[str]:
    """Return one cycle of step names, the first repeated at the end; empty for no cycle."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for need in needs[name]:
            if found := visit(need, [*trail, name]):
                return found
        done.add(name)
        return []

    for name in needs:
        if found := visit(name, []):
            return found
    return []


def _steps(definition: Definition, world: World) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        path: Path = ("steps", index)
        if not step.kind:  # a repaired step, which can't be checked
            continue
        for problem in check_repeat(definition, step):
            yield Problem((*path, "for_each", *problem.path), problem.message)
        for problem in step_kinds()[step.kind].check(step.settings, definition, step, world):
            yield Problem((*path, step.kind, *problem.path), problem.message)
        for place, source, more in _expressions(step):
            yield from _expression(source, (*path, *place), NAMES | more)
        yield from _reads_before(definition, step, path)
        yield from fallback_problems(definition, step, world, path)


def _expressions(step: Step) -> Iterator[tuple[Path, str, set[str]]]:
    """Yield every CEL of a step with its path and the further names it may read."""
    if step.head.if_:
        yield ("if",), step.head.if_, set()
    each, kind = step.head.for_each, step_kinds()[step.kind]
    if each:
        yield ("for_each", "in"), each.in_, set()
    inner = {each.as_, "index"} if each else set()
    for place, source in kind.expressions_in(step.settings):
        yield (step.kind, *place), source, inner | getattr(kind, "READS", {}).get(place[0], set())
    for place, source in fallback_args(step):
        yield place, source, inner


def _expression(source: str, path: Path, names: set[str]) -> Iterator[Problem]:
    try:
        expressions.check(source, names=names)
    except Invalid as error:
        yield Problem(path, error.message)


def _reads_before(definition: Definition, step: Step, path: Path) -> Iterator[Problem]:
    """Yield a problem for each step that is read and may not have run before."""
    known = {s.name for s in definition.steps}
    before = upstream(definition, step.name)
    for place, source, _ in _expressions(step):
        for name in steps_read(source):
            if name not in known:
                yield Problem((*path, *place), f"There is no step called {name}.")
            elif name not in before:
                yield Problem((*path, *place), f"{name} may not have run: add it to needs.")
