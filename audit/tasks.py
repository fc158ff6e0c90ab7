"""Celery entry points: ids in, one call."""

from uuid import UUID

from celery import shared_task

from audit import outbox
from audit.worker import wakeups

MOST = 200  # rows one message may lead to


@shared_task(name=wakeups.TASK)
def work(row_id: str) -> None:
    """Something became ready: take what is, turn by turn, until nothing is."""
    for _ in range(MOST):
        if not outbox.work_batch():
            return
    wakeups.publish_wakeup(UUID(row_id))  # others may use this thread first
