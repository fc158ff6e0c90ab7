"""How far a definition reaches: the tools it may use and what the ladder says of each. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from approvals.rules import ladder
from workflows.definitions.definition import Definition, Step


@dataclass(frozen=True, slots=True)
class UsedTool:
    """What one has to know of a tool to say what it does."""

    name: str
    title: str
    effect: str
    kind: str

    def doing(self) -> str:
        """As in "send with E-mail (mail.send)"."""
        called = f"{self.title} ({self.name})" if self.title != self.name else self.name
        return f"{self.kind or self.effect or 'act'} with {called}"


@dataclass(frozen=True, slots=True)
class Use:
    """One tool and the steps that use it. ``outcome`` is the ladder's, "" for no such tool."""

    tool: UsedTool
    steps: tuple[str, ...]
    outcome: str


def tools_in(step: Step) -> list[str]:
    """Names of the tools a step may use, its way out when it fails included."""
    return list(dict.fromkeys([*_named_in(step.settings), *_named_in(step.head)]))


def _named_in(value: Any) -> Iterator[str]:
    """Every setting called ``tool``. Free data, such as arguments, is not looked into."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if name == "tool" and inner and isinstance(inner, str):
                yield inner
            else:
                yield from _named_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named_in(inner)


def tools_of(definition: Definition) -> list[str]:
    """Names of every tool that may be used, in the order it is."""
    return list(dict.fromkeys(name for step in definition.steps for name in tools_in(step)))


def used_tool(name: str, tools: Mapping[str, UsedTool]) -> UsedTool:
    """The tool, or what can be said of one that isn't there."""
    return tools.get(name) or UsedTool(name, name, "", "")


def uses(definition: Definition, tools: Mapping[str, UsedTool], rungs: Iterable[str]) -> list[Use]:
    """Every tool that is used. ``rungs`` hold above the definition, the provider's first."""
    above = (*rungs, definition.head.rung)
    found = []
    for name in tools_of(definition):
        steps = [step for step in definition.steps if name in tools_in(step)]
        tool = tools.get(name)
        said = {_outcome(tool, step, above) for step in steps} if tool else {""}
        # Steps may have tightened it each for themselves: the widest is what may happen.
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


def _outcome(tool: UsedTool, step: Step, above: tuple[str, ...]) -> str:
    own = getattr(step.settings, "rung", None)
    standing = ladder.LadderInput(rungs=(*above, own) if own else above)
    return str(ladder.verdict_of(tool.effect, tool.kind or None, standing).outcome)
