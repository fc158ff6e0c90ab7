"""Which limits a call counts against, and what is owed where there is no room under them."""

from uuid import UUID

from django.conf import settings

from audit import outbox
from audit.jobs import Limit, Priority
from audit.worker import concurrency
from workflows.engine.state.context import Context
from workflows.models import StepRun, Workflow


def lane_key(workflow_id: UUID) -> str:
    """The key of a workflow's limit."""
    return f"lane:{workflow_id}"


def via_key(model: str) -> str:
    """The key of the limit of a model's provider: the part before the slash."""
    return f"via:{model.partition('/')[0]}"


def under(workflow: Workflow, model: str = "") -> tuple[Limit, ...]:
    """The limits of a call: its workflow's, and for a model that of its provider."""
    found = []
    if workflow.at_once:
        found.append(Limit(lane_key(workflow.pk), workflow.at_once))
    provider = model.partition("/")[0]
    if provider in settings.MODEL_LIMITS:
        found.append(Limit(via_key(model), settings.MODEL_LIMITS[provider]))
    return tuple(found)


def refusal_of(
    limits: tuple[Limit, ...], *, mine: UUID = concurrency.NO_ID
) -> concurrency.Refusal | None:
    """Whether a call must wait for room. Where no limit is set nothing is read."""
    return concurrency.request_capacity(limits, row_id=mine) if limits else None


def enqueue_behind(
    topic: str, object_id: UUID, refusal: concurrency.Refusal, *, priority: Priority
) -> None:
    """Owe what found no room; it waits until it is called."""
    row_id = outbox.enqueue(topic, object_id, priority=priority)
    if refusal.limit_key:
        concurrency.wait_for_capacity(row_id, refusal.limit_key)


def priority_of(context: Context, row: StepRun | None = None) -> Priority:
    """What a run owes goes with the run; an item of a list is bulk."""
    if row is not None and row.item is not None:
        return Priority.BULK
    return Priority(context.run.priority)
