"""Definition of a workflow version: its typed head and steps. Pure.

An agent step does its work in parts, each a row of its own in the journal: a turn of the model, or
a call of a tool. Parts are called after their step, as in ``work.3``.
"""

from dataclasses import dataclass, replace
from typing import Any

from workflows.definitions.schema import Head, StepHead

PART_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Step:
    """Step of a definition: its head, its kind's name and that kind's typed settings."""

    head: StepHead
    kind: str
    settings: Any

    @property
    def name(self) -> str:
        """The name by which other steps refer to the step."""
        return self.head.name


@dataclass(frozen=True, slots=True)
class Definition:
    """Definition of a workflow version."""

    head: Head
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """Return the step called ``name``, or the part of a step. Raises KeyError."""
        whole = step_of_part(name)
        for step in self.steps:
            if step.name == whole:
                return step if whole == name else part_of(step, name)
        raise KeyError(name)

    def of_kind(self, kind: str) -> list[Step]:
        """Return the steps of one kind, in order."""
        return [step for step in self.steps if step.kind == kind]


def step_of_part(name: str) -> str:
    """Return the name of the step that a part belongs to; a step's own name stays as it is."""
    return name.partition(PART_SEPARATOR)[0]


def is_part(name: str) -> bool:
    """Whether a name is that of a part of a step."""
    return PART_SEPARATOR in name


def part_of(step: Step, name: str) -> Step:
    """Return a part of a step. Of the step's fallbacks it has only the other models."""
    models = [plan for plan in step.head.on_failure if plan.model]
    head = step.head.model_copy(update={"name": name, "on_failure": models})
    return replace(step, head=head)
