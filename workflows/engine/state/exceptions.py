"""Exceptions of a run: review items that a person must resolve, with cause and ways out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from approvals.models import ReviewItem
from approvals.review.services import Ask, open_item
from tenants import clock
from tenants.models import User
from workflows.engine.state.context import Context
from workflows.exceptions import cause_words
from workflows.exceptions.causes import CausedProblem
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import RETRY_OR_CLOSE, WayOut, all_ways_out


def raise_exception(
    context: Context,
    step: str,
    problem: CausedProblem,
    *,
    options: tuple[WayOut, ...] = RETRY_OR_CLOSE,
    only: tuple[WayOut, ...] = (),
    item_id: UUID | None = None,
    proposal_id: UUID | None = None,
    child: UUID | None = None,
    about_undo: bool = False,
    asked: Mapping[str, Any] | None = None,
) -> ReviewItem:
    """Open an exception item for a step, owned by the workflow's owner, and return it.

    ``options`` are the ways out besides those every exception has; ``only`` are all. The ids name
    the actions and the child run it is about. ``about_undo`` says that an undo of
    the step stopped, and not the step. ``asked`` has a server's questions to a person.
    """
    draft = ExceptionDraft(
        problem=str(problem),
        cause=problem.cause,
        step=step,
        ways_out=only or tuple(all_ways_out(options, step)),
        field=problem.field,
        item_id=item_id,
        proposal_id=proposal_id,
        child=child,
        about_undo=about_undo,
        asked=asked or {},
    )
    item = open_item(_ask(context, draft, problem))
    context.items.append(item)
    return item


def _ask(context: Context, draft: ExceptionDraft, problem: CausedProblem) -> Ask:
    owner = User.objects.get(pk=context.workflow.owner_id)
    return Ask(
        workflow_id=context.workflow.pk,
        workflow_name=context.workflow.title,
        version=context.version.number,
        run_id=context.run.pk,
        step=draft.step,
        attempt=context.count_items(draft.step, ("exception",)) + 1,
        kind="exception",
        title=cause_words.exception_title(context.workflow.title, problem),
        asked_by=context.run.asked_by,
        due_at=clock.now() + timedelta(days=14),
        draft=replace(draft, owner=str(owner), owner_id=str(owner.pk)).as_json(),
        # Not in the draft: the API shows the draft to the client's systems, and details are
        # for the provider's staff.
        evidence={"details": problem.details} if problem.details else {},
        why=f"{context.workflow.title} could not go on by itself.",
    )
