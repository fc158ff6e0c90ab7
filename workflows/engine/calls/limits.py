"""Concurrency limits of a call: which count it, and how it is enqueued where one is reached."""

from uuid import UUID

from django.conf import settings

from audit import outbox
from audit.jobs import Limit, Priority
from audit.worker import concurrency
from workflows.engine.state.context import Context
from workflows.models import StepRun


def workflow_key(workflow_id: UUID) -> str:
    """Return the key of a workflow's concurrency limit."""
    return f"lane:{workflow_id}"


def provider_key(model: str) -> str:
    """Return the key of the limit of a model's provider, the part of its name before the slash."""
    return f"via:{model.partition('/')[0]}"


def limits_of_call(context: Context, model: str = "") -> tuple[Limit, ...]:
    """Return the limits that count a call: its workflow's, and its model provider's.

    Calls of sealed runs are not made, so no limit counts them.
    """
    if context.run.is_sealed:
        return ()
    found, workflow = [], context.workflow
    # A limit that is not set is left out, so that it costs no query.
    if workflow.at_once:
        found.append(Limit(workflow_key(workflow.pk), workflow.at_once))
    provider = model.partition("/")[0]
    if provider in settings.MODEL_LIMITS:
        found.append(Limit(provider_key(model), settings.MODEL_LIMITS[provider]))
    return tuple(found)


def refusal_of(
    limits: tuple[Limit, ...], *, row_id: UUID = concurrency.NO_ID
) -> concurrency.Refusal | None:
    """Return the limit that a call must wait for; None where it may be made.

    ``row_id`` is the id of the call's outbox row. Without limits no query is made.
    """
    return concurrency.request_capacity(limits, row_id=row_id) if limits else None


def enqueue_waiting(
    topic: str, object_id: UUID, refusal: concurrency.Refusal, *, priority: Priority
) -> None:
    """Enqueue a job that waits until the refused limit has capacity again."""
    row_id = outbox.enqueue(topic, object_id, priority=priority)
    # Without a key the refusal is short-lived, and the row is due at once.
    if refusal.limit_key:
        concurrency.wait_for_capacity(row_id, refusal.limit_key)


def priority_of(context: Context, row: StepRun | None = None) -> Priority:
    """Return the priority of a run's jobs; those of an item of a list are bulk."""
    if row is not None and row.item is not None:
        return Priority.BULK
    return Priority(context.run.priority)
