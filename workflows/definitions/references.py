"""References of a step to others: which run before it, and which its expressions read. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from workflows.definitions.definition import Definition, Step, step_of_part
from workflows.definitions.problems import Path


def upstream(definition: Definition, name: str) -> set[str]:
    """Return the names of every step that runs before ``name``; none for an unknown step.

    Before a part of a step runs what runs before the step.
    """
    before: set[str] = set()
    known = {step.name: step for step in definition.steps}
    name = step_of_part(name)
    todo = list(known[name].head.needs) if name in known else []
    while todo:
        need = todo.pop()
        if need in known and need not in before:
            before.add(need)
            todo += known[need].head.needs
    return before


def fallback_args(step: Step) -> list[tuple[Path, str]]:
    """Return the CEL in the arguments of a step's fallback tools, each with its path."""
    return [
        (("on_failure", index, "args", *place), source)
        for index, plan in enumerate(step.head.on_failure)
        for place, source in flat(plan.args or {})
    ]


def steps_read(source: str) -> list[str]:
    """Return the names of the steps that an expression reads, as in ``steps.reply.output``."""
    return re.findall(r"\bsteps\.([a-z][a-z0-9_]*)", source)


def flat(args: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every expression in a tree of arguments, with its path."""
    if isinstance(args, str):
        yield path, args
    elif isinstance(args, dict):
        for key, value in args.items():
            yield from flat(value, (*path, key))
    elif isinstance(args, list):
        for index, value in enumerate(args):
            yield from flat(value, (*path, index))
