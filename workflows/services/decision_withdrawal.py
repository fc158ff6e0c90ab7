"""Withdrawal of a decision, while its run still waits for it."""

from uuid import UUID

from approvals.decisions import withdrawal
from approvals.models import ReviewItem
from tenants.actors import Actor
from tenants.errors import Conflict, NotFound
from workflows.models import Run


def withdraw_open_decision(item_id: UUID, *, actor: Actor) -> ReviewItem:
    """Withdraw an item's decision. Raises Conflict where its run is over, and NotFound.

    Raises what ``approvals.decisions.withdrawal.withdraw_decision`` raises, too.
    """
    run_ids = ReviewItem.objects.shown().filter(pk=item_id).values("run_id")
    # Lock the run first: a run that is being cancelled closes its waiting items too.
    run = Run.objects.select_for_update(no_key=True).filter(pk__in=run_ids).first()
    if run is None:
        raise NotFound("There is no such item.")
    if ReviewItem.objects.shown().filter(pk=item_id, planted=True).exists():
        raise Conflict(withdrawal.NOTHING)  # planted items must not be told apart
    if run.status not in ("running", "waiting"):
        raise Conflict(f"Its run is {run.status}, so there is nothing to decide any more.")
    return withdrawal.withdraw_decision(item_id, actor=actor)
