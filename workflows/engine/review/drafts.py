"""Drafts of a step that writes: one text, or one for each item of the step's list."""

from typing import Any

from approvals.models import TextDraft
from workflows.definitions.definition import Step
from workflows.definitions.references import steps_read
from workflows.engine.state.context import Context
from workflows.models import StepRun
from workflows.steps import act

WRITING_KINDS = ("generate", "agent")


def writing_steps(context: Context) -> list[Step]:
    """Return the steps of the run's definition that write texts, in order."""
    return [step for step in context.definition.steps if step.kind in WRITING_KINDS]


def written_texts(context: Context, step: Step, row: StepRun) -> list[dict[str, Any]]:
    """Return every text of a finished step, in the shape of a review item's draft.

    The texts of a list that an action shows in its arguments are left out.
    """
    output = row.output or {}
    # The step may have another shape than a text, such as a class: then nothing is shown.
    if step.head.for_each is None:
        return [draft_of(step.name, output)] if "text" in output else []
    if _is_shown_in_action(context, step):
        return []
    return [
        {**draft_of(step.name, part), "item": number}
        for number, part in enumerate(output["items"])
        if "text" in part
    ]


def _is_shown_in_action(context: Context, step: Step) -> bool:
    """Whether an action that was submitted shows the step's texts in its arguments."""
    return any(
        step.name in steps_read(source)
        for other in context.definition.of_kind("act")
        if other.name in context.steps and context.steps[other.name].status in ("waiting", "done")
        for _, source in act.expressions_in(other.settings)
    )


def draft_of(name: str, output: dict[str, Any]) -> dict[str, Any]:
    """Return a draft: the step's name, its text, and the source pieces each sentence cites."""
    return {"step": name, "text": output["text"], "spans": output["spans"]}


def draft_title(output: dict[str, Any], draft: TextDraft) -> str:
    """Return the title that the model wrote with a text; empty where there is none."""
    part = output if draft.number is None else output["items"][draft.number]
    return str(part.get("title") or "")


def corrected_output(
    output: dict[str, Any], draft: TextDraft, text: str, by: str
) -> dict[str, Any]:
    """Return a step's output with the text a person edited."""
    edit = {"text": text, "spans": [], "edited_by": by}
    if draft.number is None:
        return {**output, **edit}
    items = list(output["items"])
    items[draft.number] = {**items[draft.number], **edit}
    return {**output, "items": items}
