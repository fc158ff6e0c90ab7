"""Celery entry points: ids in, one call."""

from celery import shared_task
from celery.exceptions import OperationalError

from audit import hints, outbox

# What sending a message raises where the broker is away. Named here, where Celery may be.
BrokerAway = OperationalError


@shared_task(name="audit.work")
def work(row_id: str) -> None:
    """A row became ready: take the one whose turn it is."""
    outbox.work()


@shared_task(name="audit.sweep")
def sweep() -> None:
    """Send hints for due rows whose message was lost or is not yet sent."""
    for row_id in outbox.sweep():
        hints.send(row_id)
