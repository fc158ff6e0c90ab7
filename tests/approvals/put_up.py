"""An item in the queue, of a run that did nothing yet."""

from datetime import timedelta
from typing import Any

from approvals.models import ReviewItem
from approvals.review.services import Ask, open_item
from tenants import clock
from tests.lanes import Lane
from tests.world import REQUEST
from workflows.services.runs import start_run


def put_up(lane: Lane, title: str = "Item", **more: Any) -> ReviewItem:
    """Let a draft of the lane's workflow wait for a day."""
    actor = lane.client.actor()
    run, _ = start_run(lane.workflow, input=REQUEST, trigger="api", actor=actor)
    ask: dict[str, Any] = {
        "workflow_id": lane.workflow.pk,
        "workflow_name": lane.workflow.title,
        "version": 1,
        "run_id": run.pk,
        "step": "reply",
        "kind": "draft",
        "title": title,
        "asked_by": "mia@customers.example",
        "due_at": clock.now() + timedelta(days=1),
        "draft": {"step": "reply", "text": "Hello."},
    }
    return open_item(Ask(**{**ask, **more}))
