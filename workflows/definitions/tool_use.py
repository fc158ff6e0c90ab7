"""Tools that a definition may use, and the ladder's outcome for each. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from approvals.rules import ladder
from workflows.definitions.definition import Definition, Step


@dataclass(frozen=True, slots=True)
class UsedTool:
    """Tool with what is needed to say what it does."""

    name: str
    title: str
    effect: str
    kind: str

    def doing(self) -> str:
        """Return what the tool does, as in "send with E-mail (mail.send)"."""
        called = f"{self.title} ({self.name})" if self.title != self.name else self.name
        return f"{self.kind or self.effect or 'act'} with {called}"


@dataclass(frozen=True, slots=True)
class Use:
    """Tool and the steps that use it. ``outcome`` is the ladder's, "" for an unknown tool."""

    tool: UsedTool
    steps: tuple[str, ...]
    outcome: str


def tools_in(step: Step) -> list[str]:
    """Return the names of the tools that a step may use, its fallbacks included."""
    return list(dict.fromkeys([*_named_in(step.settings), *_named_in(step.head)]))


def _named_in(value: Any) -> Iterator[str]:
    """Yield every setting called ``tool`` or ``tools``, without looking into free data."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if name == "tool" and inner and isinstance(inner, str):
                yield inner
            elif name == "tools":
                yield from inner
            else:
                yield from _named_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named_in(inner)


def tools_of(definition: Definition) -> list[str]:
    """Return the names of the tools that a definition may use, in the order of its steps."""
    return list(dict.fromkeys(name for step in definition.steps for name in tools_in(step)))


def used_tool(name: str, tools: Mapping[str, UsedTool]) -> UsedTool:
    """Return a tool by its name, or a stand-in for an unknown tool."""
    return tools.get(name) or UsedTool(name, name, "", "")


def uses(definition: Definition, tools: Mapping[str, UsedTool], rungs: Iterable[str]) -> list[Use]:
    """Return every tool that a definition uses.

    ``rungs`` are those that limit the definition from above, the provider's first.
    """
    limits = (*rungs, definition.head.rung)
    found = []
    for name in tools_of(definition):
        steps = [step for step in definition.steps if name in tools_in(step)]
        tool = tools.get(name)
        said = {_outcome(tool, step, limits) for step in steps} if tool else {""}
        # Each step may have a lower rung of its own: the widest outcome is what may happen.
        outcome = max(said, key=WIDER.index)
        found.append(Use(used_tool(name, tools), tuple(step.name for step in steps), outcome))
    return found


WIDER = [
    "",
    ladder.Outcome.REFUSE.value,
    ladder.Outcome.HOLD.value,
    ladder.Outcome.PERMIT.value,
    ladder.Outcome.ALLOW.value,
]


def _outcome(tool: UsedTool, step: Step, limits: tuple[str, ...]) -> str:
    own = getattr(step.settings, "rung", None)
    ladder_input = ladder.LadderInput(rungs=(*limits, own) if own else limits)
    return str(ladder.verdict_of(tool.effect, tool.kind or None, ladder_input).outcome)
