"""A definition is a workflow version's head and steps, typed. Pure."""

from dataclasses import dataclass
from typing import Any

from workflows.definitions.schema import Head, StepHead


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its head, its kind's name and that kind's typed settings."""

    head: StepHead
    kind: str
    settings: Any

    @property
    def name(self) -> str:
        """How other steps call it."""
        return self.head.name


@dataclass(frozen=True, slots=True)
class Definition:
    """A workflow version's definition, typed."""

    head: Head
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """The step called ``name``. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def of_kind(self, kind: str) -> list[Step]:
        """The steps of one kind, in order."""
        return [step for step in self.steps if step.kind == kind]
