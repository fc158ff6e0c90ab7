"""Review items of a run are opened here, with the people who review them."""

from typing import Any

from approvals.models import CONTENT_KINDS, ReviewItem, TextDraft
from approvals.queries import DecidersAndTools
from approvals.review.services import Action, Ask, open_item
from workflows.engine.review import reviewers
from workflows.engine.review.shapers import shapers
from workflows.engine.state.context import Context


def open_run_item(
    context: Context,
    *,
    step: str,
    kind: str,
    title: str,
    draft: dict[str, Any],
    how: dict[str, Any],
    actions: tuple[Action, ...] = (),
    lookup: DecidersAndTools | None = None,
) -> ReviewItem:
    """Open an item of a run for review, and add it to the context's items.

    ``how`` is its evidence. ``lookup`` has the deciders, where they were read already.
    """
    # A draft that was sent back and written anew may lead to other actions, so to another step:
    # count the attempts of the text as well as those of the step.
    wanted = TextDraft.read(draft)
    sent_back = [item.text_draft for item in context.items if item.choice == "again"]
    former = [one for one in sent_back if one.is_same_text(wanted)]
    attempt = max(len(former), context.count_items(step, CONTENT_KINDS)) + 1
    item = open_item(
        Ask(
            workflow_id=context.workflow.pk,
            workflow_name=context.workflow.title,
            version=context.version.number,
            run_id=context.run.pk,
            step=step,
            attempt=attempt,
            kind=kind,
            title=title,
            asked_by=context.run.asked_by,
            draft=draft,
            evidence=how,
            actions=actions,
            shaped_by=shapers(context),
            **vars(reviewers.reviewers_of(context, actions, lookup)),
        )
    )
    context.items.append(item)
    return item
