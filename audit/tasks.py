"""Celery entry points: ids in, one call."""

from uuid import UUID

from celery import shared_task

from audit import outbox


@shared_task(name="audit.handle")
def handle(row_id: str) -> None:
    """Do what one row of the outbox asks."""
    outbox.handle(UUID(row_id))


@shared_task(name="audit.sweep")
def sweep() -> None:
    """Send hints for due rows whose message was lost or is not yet sent."""
    for row_id in outbox.sweep():
        outbox.hint(row_id)
