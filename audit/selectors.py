"""Reading the record."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Event, Seal


def events() -> QuerySet[Event]:
    """The tenant's record, newest first."""
    return Event.objects.order_by("-id")


def events_of(*object_ids: UUID) -> QuerySet[Event]:
    """What happened to these objects, oldest first."""
    return Event.objects.filter(object_id__in=object_ids).order_by("id")


def last_seal() -> Seal | None:
    """The newest seal of the tenant's record."""
    return Seal.objects.order_by("-number").first()
