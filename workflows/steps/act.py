"""act: an action with a tool. Actions of one group are reviewed as one item."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from approvals.rules import expressions
from approvals.rules.ladder import Effect
from workflows.definitions.definition import Definition, Step
from workflows.definitions.references import flat, steps_read
from workflows.definitions.schema import Name, RungName, Strict
from workflows.definitions.world import World
from workflows.steps.protocol import StepContext
from workflows.steps.results import Propose, SettingsMistake

NAME = "act"
EFFECT = Effect.WRITE


class Settings(Strict):
    """Which tool, with which arguments (CEL). ``rung`` may tighten this action further."""

    tool: str
    """The tool, by its name here."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Its arguments: each text is CEL over input, steps and records."""
    group: Name | None = None
    """Actions of one group go before a person as one."""
    rung: RungName | None = None
    """A lower rung for this action alone."""


def expressions_in(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the CEL of the arguments, each with its path in the settings."""
    for place, source in flat(settings.args):
        yield ("args", *place), source


def check(
    settings: Settings, definition: Definition, step: Step, world: World
) -> Iterator[SettingsMistake]:
    """Yield the problems of tool, arguments and group."""
    tool = world.tools.get(settings.tool)
    if tool is None:
        listed = ", ".join(sorted(world.tools)) or "none yet"
        yield SettingsMistake(
            ("tool",), f"There is no tool called {settings.tool}. There are: {listed}."
        )
    else:
        for name in sorted(settings.args.keys() - tool.fields):
            yield SettingsMistake(("args", name), f"{settings.tool} takes no argument {name}.")
    inside = {s.name for s in definition.of_kind(NAME) if s.settings.group == settings.group}
    if settings.group:
        for place, source in expressions_in(settings):
            for name in steps_read(source):
                if name in inside:
                    yield SettingsMistake(
                        place, f"{name} is in the same group, so its result isn't known yet."
                    )


def tool_arguments(settings: Settings, names: dict[str, Any]) -> dict[str, Any]:
    """Return the tool's arguments with their expressions evaluated. Raises Invalid."""
    worked = evaluate_tree(settings.args, names)
    assert isinstance(worked, dict)
    return worked


def evaluate_tree(value: Any, names: dict[str, Any]) -> Any:
    """Return a tree of expressions with each one replaced by its value. Raises Invalid."""
    if isinstance(value, str):
        return expressions.evaluate(value, names)
    if isinstance(value, dict):
        return {key: evaluate_tree(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluate_tree(item, names) for item in value]
    return value


def begin(context: StepContext, step: Step) -> Propose:
    """Return that the action is a proposal: its group is reviewed before it is performed."""
    return Propose()
