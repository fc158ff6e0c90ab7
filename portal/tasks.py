"""Celery entry points of the edge."""

from celery import shared_task


@shared_task(name="portal.tick")
def tick() -> None:
    """Owe what comes back: weekly reports, seals of the record, looks for stalled runs."""
    from portal.reports import calendar
    from workflows.engine import stalls

    calendar.owe_due()
    stalls.owe_due()
