"""Taking a decision back, while the run it belongs to still waits for it."""

from uuid import UUID

from approvals.decisions import withdrawal
from approvals.models import ReviewItem
from tenants.actors import Actor
from tenants.errors import Conflict, NotFound
from workflows.models import Run


def withdraw_open_decision(item_id: UUID, *, actor: Actor) -> ReviewItem:
    """As ``approvals.decisions.withdrawal``; Conflict too where the run is over."""
    run_ids = ReviewItem.objects.shown().filter(pk=item_id).values("run_id")
    # A run that is being cancelled takes its waiting items with it: one of the two is first.
    run = Run.objects.select_for_update(no_key=True).filter(pk__in=run_ids).first()
    if run is None:
        raise NotFound("There is no such item.")
    if ReviewItem.objects.shown().filter(pk=item_id, planted=True).exists():
        raise Conflict(withdrawal.NOTHING)  # what is said of any item that waits
    if run.status not in ("running", "waiting"):
        raise Conflict(f"Its run is {run.status}, so there is nothing to decide any more.")
    return withdrawal.withdraw_decision(item_id, actor=actor)
