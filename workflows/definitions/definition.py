"""Definition of a workflow version: its typed head and steps. Pure."""

from dataclasses import dataclass
from typing import Any

from workflows.definitions.schema import Head, StepHead


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
        """Return the step called ``name``. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def of_kind(self, kind: str) -> list[Step]:
        """Return the steps of one kind, in order."""
        return [step for step in self.steps if step.kind == kind]
