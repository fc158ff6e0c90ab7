"""Exceptions: what a person must resolve, with its cause and the ways out."""

from datetime import timedelta
from typing import Any

from approvals.models import ReviewItem
from approvals.review.services import Ask, open_item
from tenants import clock
from tenants.models import User
from workflows.engine.state.context import Context
from workflows.exceptions import cause_words
from workflows.exceptions.causes import CausedProblem

WAYS_OUT = {
    "retry": "Try again from here",
    "ask_again": "Ask for approval again",
    "undo_again": "Try to undo it again",
    "skip": "Skip it with a value",
    "hand": "Hand it to a person",
    "cancel": "Cancel the run",
    "happened": "It did happen",
    "did_not": "It did not happen",
    "close": "Close it, we'll handle it",
}


# These need a word from the person; the others are one click.
WITH_WORDS = ("skip", "hand")


def ways_out(options: tuple[str, ...], step: str) -> list[str]:
    """Every way out, the special ones first and closing it last. Pure."""
    first = [option for option in options if option != "close"]
    more = ["hand"] if "happened" in options else ["hand", "cancel"]
    if step != "run" and {"retry", "ask_again"} & set(options):
        more.insert(0, "skip")
    last = [option for option in options if option == "close"]
    return first + more + last


def raise_exception(
    context: Context,
    step: str,
    problem: CausedProblem,
    *,
    options: tuple[str, ...] = ("retry", "close"),
    more: dict[str, Any] | None = None,
) -> ReviewItem:
    """Put what went wrong before a person; the workflow's owner is whose work it is."""
    owner = User.objects.get(pk=context.workflow.owner_id)
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
            title=cause_words.exception_title(context.workflow.title, problem),
            asked_by=context.run.asked_by,
            due_at=clock.now() + timedelta(days=14),
            draft={
                "problem": str(problem),
                "cause": problem.cause.value,
                "step": step,
                "options": ways_out(options, step),
                "owner": str(owner),
                "owner_id": str(owner.pk),
                **({"field": problem.field} if problem.field else {}),
                **(more or {}),
            },
            # Beside the draft, which the API gives to the client's systems.
            evidence={"details": problem.details} if problem.details else {},
            why=f"{context.workflow.title} could not go on by itself.",
        )
    )
    context.items.append(item)
    return item
