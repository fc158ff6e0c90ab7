"""Exceptions of a run: review items that a person must resolve, with cause and ways out."""

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


# The ways out for which a person fills in a form; the others are one click.
WAYS_OUT_WITH_FORM = ("skip", "hand")


def ways_out(options: tuple[str, ...], step: str) -> list[str]:
    """Return every way out of an exception: the given ones first, "close" last. Pure."""
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
    """Open an exception item for a step, owned by the workflow's owner, and return it.

    ``options`` are the ways out besides those every exception has; ``more`` adds to the draft.
    """
    owner = User.objects.get(pk=context.workflow.owner_id)
    attempt = sum(item.step == f"{step}!" for item in context.items) + 1
    item = open_item(
        Ask(
            workflow_id=context.workflow.pk,
            workflow_name=context.workflow.title,
            version=context.version.number,
            run_id=context.run.pk,
            # The mark keeps an exception apart from the step's own items, which count attempts too.
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
            # Not in the draft: the API shows the draft to the client's systems, and details are
            # for the provider's staff.
            evidence={"details": problem.details} if problem.details else {},
            why=f"{context.workflow.title} could not go on by itself.",
        )
    )
    context.items.append(item)
    return item
