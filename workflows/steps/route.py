"""route: says who should look at this next, as a recommendation in the queue."""

from collections.abc import Iterator

from pydantic import Field

from approvals.rules import expressions
from approvals.rules.ladder import Effect
from workflows import prompts
from workflows.definitions.definition import Definition, Step
from workflows.definitions.schema import Strict
from workflows.definitions.world import World
from workflows.steps.protocol import StepContext
from workflows.steps.results import Recommend, SettingsMistake

NAME = "route"
EFFECT = Effect.ROUTE


class Settings(Strict):
    """``to`` is CEL for who or what team; ``title`` and ``why`` are templates."""

    to: str
    """Who or which team, in CEL."""
    title: str = Field(max_length=200)
    """The line in the queue: a template that also knows to."""
    why: str = Field(default="", max_length=300)
    """Why, for the person who decides: a template."""


def expressions_in(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the CEL of ``to``, with its path in the settings."""
    yield ("to",), settings.to


def check(
    settings: Settings, definition: Definition, step: Step, world: World
) -> Iterator[SettingsMistake]:
    """Yield the problems of the two templates."""
    for name in ("title", "why"):
        if problem := prompts.template_problem(getattr(settings, name)):
            yield SettingsMistake((name,), problem)


def begin(context: StepContext, step: Step) -> Recommend:
    """Return the recommendation, with its templates filled in."""
    settings: Settings = step.settings
    to = str(expressions.evaluate(settings.to, context.names()))
    names = context.names() | {"to": to}
    title = prompts.render(settings.title, names)
    return Recommend(title, prompts.render(settings.why, names), {"to": to})
