"""The Celery task that a wake-up starts: it works on ready rows, batch by batch."""

from uuid import UUID

from celery import shared_task

from audit import outbox
from audit.worker import wakeups

MOST = 200  # batches one message may lead to


@shared_task(name=wakeups.TASK)
def work(row_id: str) -> None:
    """Work on ready rows, batch by batch, until none is left.

    After MOST batches send another wake-up, so that other tasks get this thread first.
    """
    for _ in range(MOST):
        if not outbox.work_batch():
            return
    wakeups.publish_wakeup(UUID(row_id))
