"""Validation of a step's ``for_each``. Pure."""

from collections.abc import Iterator

from approvals.rules import expressions
from tenants.errors import Invalid
from workflows.definitions.definition import Definition, Step
from workflows.steps.results import SettingsMistake

REPEATABLE = ("generate", "handoff", "retrieve")
RESERVED_NAMES = {"input", "steps", "records", "index", "event"}


def check_repeat(definition: Definition, step: Step) -> Iterator[SettingsMistake]:
    """Yield the problems of a step's ``for_each``, with paths inside it."""
    each = step.head.for_each
    if each is None:
        return
    if step.kind not in REPEATABLE:
        yield SettingsMistake((), _refusal(step.kind))
    if each.as_ in RESERVED_NAMES:
        yield SettingsMistake(
            ("as",), f"{each.as_} has a meaning already: call the item something else."
        )
        return
    try:
        expressions.check(each.as_, names={each.as_})
    except Invalid:
        yield SettingsMistake(
            ("as",), f"{each.as_} is a word of CEL: call the item something else."
        )


def _refusal(kind: str) -> str:
    if kind == "act":
        return (
            "An action is not repeated: what people approve is one fixed group of actions. "
            "Hand each item over to a workflow with the action in it (handoff)."
        )
    return f"{kind.capitalize()} can't be repeated. These can: {', '.join(REPEATABLE)}."
