"""The texts a generate step wrote: one, or one for each item of its list."""

from typing import Any

from workflows.definitions.definition import Step
from workflows.definitions.references import steps_read
from workflows.engine.state.context import Context
from workflows.models import StepRun
from workflows.steps import act


def written_texts(context: Context, step: Step, row: StepRun) -> list[dict[str, Any]]:
    """Every text of a finished step, in the shape review items keep."""
    output = row.output or {}
    if step.head.for_each is None:
        return [draft_of(step.name, output)] if "text" in output else []
    if _is_in_an_action(context, step):
        return []
    return [
        {**draft_of(step.name, part), "item": number}
        for number, part in enumerate(output["items"])
        if "text" in part
    ]


def _is_in_an_action(context: Context, step: Step) -> bool:
    """Whether people saw, or see, these texts in the arguments of an action."""
    return any(
        step.name in steps_read(source)
        for other in context.definition.of_kind("act")
        if other.name in context.steps and context.steps[other.name].status in ("waiting", "done")
        for _, source in act.expressions_in(other.settings)
    )


def draft_of(name: str, output: dict[str, Any]) -> dict[str, Any]:
    """One text with what each sentence rests on."""
    return {"step": name, "text": output["text"], "spans": output["spans"]}


def draft_key(draft: dict[str, Any]) -> tuple[Any, Any]:
    """Which text an item shows."""
    return draft.get("step"), draft.get("item")


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two items show the text of one step."""
    return one.get("step") is not None and draft_key(one) == draft_key(other)


def draft_title(output: dict[str, Any], draft: dict[str, Any]) -> str:
    """The title that was written with a text, if any."""
    part = output if "item" not in draft else output["items"][draft["item"]]
    return str(part.get("title") or "")


def corrected(output: dict[str, Any], draft: dict[str, Any], text: str, by: str) -> dict[str, Any]:
    """A step's output with a person's version of the text."""
    edit = {"text": text, "spans": [], "edited_by": by}
    if "item" not in draft:
        return {**output, **edit}
    items = list(output["items"])
    items[draft["item"]] = {**items[draft["item"]], **edit}
    return {**output, "items": items}
