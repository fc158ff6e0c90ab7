"""Queries that read events and seals of the current tenant."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Event, Seal


def events() -> QuerySet[Event]:
    """Return the tenant's events, newest first."""
    return Event.objects.order_by("-id")


def events_of(*object_ids: UUID) -> QuerySet[Event]:
    """Return the events about these objects, oldest first."""
    return Event.objects.filter(object_id__in=object_ids).order_by("id")


def events_like(
    *, family: str = "", actor_id: UUID | None = None, object_id: UUID | None = None
) -> QuerySet[Event]:
    """Return the tenant's events by verb family ("item"), actor and object, newest first."""
    found = events()
    if family:
        found = found.filter(verb__startswith=f"{family}.")
    if actor_id:
        found = found.filter(actor_id=actor_id)
    return found.filter(object_id=object_id) if object_id else found


def seals() -> QuerySet[Seal]:
    """Return the tenant's seals, newest first."""
    return Seal.objects.order_by("-number")


def last_seal() -> Seal | None:
    """Return the newest seal of the tenant's record, or None."""
    return Seal.objects.order_by("-number").first()
