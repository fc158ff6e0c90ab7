"""Exceptions: what a person must resolve, with the ways out."""

from datetime import timedelta
from typing import Any

from approvals.models import ReviewItem
from approvals.services.review import Ask, open_item
from tenants import clock
from workflows.engine.context import Context

WAYS_OUT = {
    "retry": "Try again from here",
    "ask_again": "Ask for approval again",
    "happened": "It did happen",
    "did_not": "It did not happen",
    "close": "Close it, we'll handle it",
}


def raise_exception(
    context: Context,
    step: str,
    problem: str,
    *,
    options: tuple[str, ...] = ("retry", "close"),
    more: dict[str, Any] | None = None,
) -> ReviewItem:
    """Put what went wrong before a person."""
    attempt = sum(item.step == f"{step}!" for item in context.items) + 1
    item = open_item(
        Ask(
            workflow_id=context.workflow.pk,
            workflow_name=context.workflow.title,
            version=context.version.number,
            run_id=context.run.pk,
            step=f"{step}!",
            attempt=attempt,
            kind="exception",
            title=f"{context.workflow.title}: {problem}",
            asked_by=context.run.asked_by,
            due_at=clock.now() + timedelta(days=14),
            draft={"problem": problem, "step": step, "options": list(options), **(more or {})},
            why=f"{context.workflow.title} could not go on by itself.",
        )
    )
    context.items.append(item)
    return item
