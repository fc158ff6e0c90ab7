"""Runs that end early: as failed or as cancelled, with what waits for them."""

from approvals.models import ReviewItem
from approvals.review.services import cancel_items_of
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM, Actor
from workflows.engine.review.approved import withdraw_actions
from workflows.engine.state.parents import tell_parent
from workflows.models import Run


def end_as_failed(run: Run, problem: str) -> None:
    """End a locked run as failed and tell its parent. Raises Conflict where the run is over."""
    move(
        run,
        "failed",
        actor=SYSTEM,
        verb=Verb.RUN_FAILED,
        reason=problem,
        problem=problem,
        ended_at=clock.now(),
    )
    tell_parent(run)


def end_as_cancelled(run: Run, *, actor: Actor, reason: str) -> None:
    """End a locked run as cancelled, with its open items, actions, permits and child runs.

    Raises Conflict where the run is done or cancelled.
    """
    move(
        run,
        "cancelled",
        actor=actor,
        verb=Verb.RUN_CANCELLED,
        reason=reason,
        outcome="cancelled",
        ended_at=clock.now(),
    )
    why = reason or "Its run was cancelled."
    cancel_items_of(run.pk, actor=actor, reason=why)
    # Decided items too: an approved action that has not begun must not be performed.
    for item in ReviewItem.objects.filter(run_id=run.pk, proposals__status="approved").distinct():
        withdraw_actions(item, why)
    tell_parent(run)
    # Parents are locked before their children everywhere, so that workers don't deadlock.
    below = Run.objects.filter(parent__run_id=run.pk).exclude(status__in=("done", "cancelled"))
    for child in below.select_for_update(no_key=True, of=("self",)):
        end_as_cancelled(child, actor=actor, reason=why)
