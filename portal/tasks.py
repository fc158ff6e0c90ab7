"""Celery entry points of the edge."""

from celery import shared_task


@shared_task(name="portal.tick")
def tick() -> None:
    """Owe what the calendar asks for: weekly reports, seals of the record."""
    from portal.reports import calendar

    calendar.owe_due()
