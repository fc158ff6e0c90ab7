"""Withdrawal of a decision, while its run still waits for it."""

from uuid import UUID

from approvals.decisions import withdrawal
from approvals.models import ReviewItem
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict
from workflows.models import Run
from workflows.states import UNDER_WAY


def withdraw_open_decision(item_id: UUID, *, actor: Actor) -> ReviewItem:
    """Withdraw an item's decision. Raises Conflict where its run is over, and NotFound.

    Raises what ``approvals.decisions.withdrawal.withdraw_decision`` raises, too.
    """
    run_ids = ReviewItem.objects.shown().filter(pk=item_id).values("run_id")
    # Lock the run first: a run that is being cancelled closes its waiting items too.
    runs = Run.objects.select_for_update(no_key=True)
    run = get_or_not_found(runs, "item", pk__in=run_ids)
    if ReviewItem.objects.shown().filter(pk=item_id, planted=True).exists():
        raise Conflict(withdrawal.NOTHING)  # planted items must not be told apart
    if run.status not in UNDER_WAY:
        raise Conflict(f"Its run is {run.status}, so there is nothing to decide any more.")
    return withdrawal.withdraw_decision(item_id, actor=actor)
