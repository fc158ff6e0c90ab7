"""Planted mistakes: plant a changed copy of an item whose run is over."""

from uuid import UUID

from approvals.models import Planted, ReviewItem
from approvals.quality import planting
from approvals.quality.planting import PlantedMistake
from approvals.review.selectors import get_item
from tenants.actors import Actor
from tenants.errors import Refused
from workflows.engine.state.context import gate_of_workflow
from workflows.models import Run

OVER = ("done", "cancelled")
TOO_EARLY = "Its run is not over yet. Plant a copy once it is."


def is_over(item: ReviewItem) -> bool:
    """Whether an item's run is done or cancelled. Makes one query."""
    return Run.objects.filter(pk=item.run_id, status__in=OVER).exists()


def plant_mistake(item_id: UUID, mistake: PlantedMistake, *, actor: Actor) -> Planted:
    """Put a copy of a decided item with a mistake into the queue.

    Raises NotFound, Refused while the item's run is under way, and what
    ``approvals.quality.planting.plant_copy`` raises.
    """
    planting.require_planter(actor)
    item = get_item(item_id, ReviewItem.objects.all())
    if not is_over(item):
        # A run under way would take the copy for its own item.
        raise Refused(TOO_EARLY, code="not_planted")
    run = Run.objects.select_related("workflow").get(pk=item.run_id)
    workflow_gate = gate_of_workflow(run.workflow, run.version_id)
    return planting.plant_copy(item_id, mistake, workflow=workflow_gate, actor=actor)
