"""Targets of a drill: each model and tool that a step of a definition calls. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflows.definitions.definition import Definition, Step

WRITING = ("generate", "agent")  # kinds of steps that ask a model


class Way(StrEnum):
    """Way in which a call is made to fail."""

    UNREACHABLE = "unreachable"
    LATE = "late"  # of a write nobody knows then whether it happened: DOUBT
    REFUSED = "refused"
    UNFIT = "unfit"  # of a model whose answer has to fit a schema
    DOUBT = "doubt"  # it broke off after it was sent

    @property
    def said(self) -> str:
        """What happens to the call, to be read after its name."""
        return _SAID[self]


_SAID = {
    Way.UNREACHABLE: "can’t be reached",
    Way.LATE: "does not answer in time",
    Way.REFUSED: "says no",
    Way.UNFIT: "gives an answer that does not fit its schema",
    Way.DOUBT: "breaks off after it was sent",
}


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """Facts of a tool that tell what follows when it fails."""

    title: str
    is_write: bool
    takes_key: bool


@dataclass(frozen=True, slots=True)
class DrillTarget:
    """Model or tool of a step that is made to fail. ``name`` is the tool's, empty for the model.

    ``of_agent``: the step is an agent, which chooses itself whether it calls the tool.
    """

    step: str
    name: str = ""
    facts: ToolFacts | None = None
    of_agent: bool = False

    @property
    def is_model(self) -> bool:
        """Whether it is the model of its step."""
        return not self.name

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in which it may fail. Only what writes leaves something in doubt."""
        if self.facts is not None and self.facts.is_write:
            return (Way.UNREACHABLE, Way.REFUSED, Way.DOUBT)
        if self.is_model and not self.of_agent:
            return (Way.UNREACHABLE, Way.REFUSED, Way.LATE, Way.UNFIT)
        return (Way.UNREACHABLE, Way.REFUSED, Way.LATE)

    def title(self, model: str = "") -> str:
        """Return what people call it; ``model`` is the name of the model that was asked."""
        if self.facts is None:
            return f"The model {model}" if model else "The model"
        return f"{self.facts.title} ({self.name})"


def targets_of(definition: Definition, tools: Mapping[str, ToolFacts]) -> list[DrillTarget]:
    """Return the models and tools of a definition, step by step. ``tools`` are those there are."""
    return [target for step in definition.steps for target in _targets_in(step, tools)]


def _targets_in(step: Step, tools: Mapping[str, ToolFacts]) -> Iterator[DrillTarget]:
    of_agent = step.kind == "agent"
    if step.kind in WRITING:
        yield DrillTarget(step.name, of_agent=of_agent)
    named = step.settings.tools if of_agent else [step.settings.tool] if step.kind == "act" else []
    for name in named:
        yield DrillTarget(step.name, name, tools.get(name, ToolFacts(name, True, False)), of_agent)
