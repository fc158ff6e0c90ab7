"""Queries for drills."""

from django.db.models import QuerySet

from workflows.models import Drill, Workflow


def drills(of: Workflow) -> QuerySet[Drill]:
    """Return a workflow's drills, newest first."""
    return Drill.objects.filter(workflow=of).select_related("version", "asked_by").order_by("-id")


def last_drill(of: Workflow) -> Drill | None:
    """Return a workflow's newest drill, under way or over; None where it was never drilled."""
    return drills(of).first()


def is_drilled(of: Workflow) -> bool:
    """Whether the newest drill of a workflow's live version showed each declared fallback."""
    found = drills(of).filter(version=of.live).exclude(ended_at=None).first()
    return found is not None and found.is_passed
