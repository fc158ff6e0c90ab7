"""Difference between two definitions, step by step and setting by setting. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from workflows.definitions.definition import Definition, Step

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
MOST_LEVELS = 2  # of a setting's name, as in args.amount


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference as names. ``changed`` maps a step that stayed to its changed settings."""

    head: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[str, ...]]

    def marks(self) -> dict[str, str]:
        """Return the mark of each step that was added, removed or changed."""
        return {
            **dict.fromkeys(self.added, ADDED),
            **dict.fromkeys(self.removed, REMOVED),
            **dict.fromkeys(self.changed, CHANGED),
        }

    def __bool__(self) -> bool:
        return bool(self.head or self.added or self.removed or self.changed)


def difference(before: Definition, after: Definition) -> Difference:
    """Return the difference from one definition to another."""
    old, new = ({step.name: step for step in d.steps} for d in (before, after))
    both = [name for name in new if name in old]
    changed = {name: tuple(_step(old[name], new[name])) for name in both}
    return Difference(
        head=tuple(_settings(before.head, after.head)),
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed={name: names for name, names in changed.items() if names},
    )


def _step(before: Step, after: Step) -> Iterator[str]:
    yield from _settings(before.head, after.head)
    if before.kind != after.kind:
        yield after.kind
    else:
        yield from _settings(before.settings, after.settings)


def _settings(before: BaseModel, after: BaseModel) -> Iterator[str]:
    yield from _names(before.model_dump(by_alias=True), after.model_dump(by_alias=True), ())


def _names(
    before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        inner = (*path, str(key))
        if isinstance(old, dict) and isinstance(new, dict) and len(inner) < MOST_LEVELS:
            yield from _names(old, new, inner)
        else:
            yield ".".join(inner)


# -- One definition to draw for two --------------------------------------------------------


def with_removed_steps(before: Definition, after: Definition) -> Definition:
    """Return ``after`` with the removed steps put back in place; for drawing, not for running."""
    kept = {step.name for step in after.steps}
    steps, last = list(after.steps), 0
    for step in before.steps:
        places = {placed.name: n for n, placed in enumerate(steps)}
        if step.name in kept:
            last = places[step.name] + 1
        else:
            steps.insert(last, step)
            last += 1
    return replace(after, steps=tuple(steps))


def drawable(definition: Definition) -> Definition:
    """Return a definition that can be drawn: without repeated names, unknown needs and cycles."""
    # Drawn while it is being written, so it may be wrong in any way.
    first: dict[str, Step] = {}
    for step in definition.steps:
        first.setdefault(step.name, step)
    kept: dict[str, list[str]] = {}
    for name, step in first.items():
        kept[name] = []
        for need in step.head.needs:
            if need in first and not _leads_to(kept, need, name):
                kept[name].append(need)
    steps = tuple(_with_needs(step, kept[name]) for name, step in first.items())
    return replace(definition, steps=steps)


def _leads_to(needs: Mapping[str, list[str]], name: str, target: str) -> bool:
    """Whether step ``name`` is ``target``, or waits for it directly or by other steps."""
    todo, seen = [name], set[str]()
    while todo:
        at = todo.pop()
        if at == target:
            return True
        if at not in seen:
            seen.add(at)
            todo += needs.get(at, [])
    return False


def _with_needs(step: Step, needs: list[str]) -> Step:
    if needs == step.head.needs:
        return step
    return replace(step, head=step.head.model_copy(update={"needs": needs}))
