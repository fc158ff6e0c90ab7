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


def events_like(
    *, family: str = "", actor_id: UUID | None = None, object_id: UUID | None = None
) -> QuerySet[Event]:
    """The record narrowed to a family of verbs ("item"), an actor, an object; newest first."""
    found = events()
    if family:
        found = found.filter(verb__startswith=f"{family}.")
    if actor_id:
        found = found.filter(actor_id=actor_id)
    return found.filter(object_id=object_id) if object_id else found


def seals() -> QuerySet[Seal]:
    """The tenant's seals, newest first."""
    return Seal.objects.order_by("-number")


def last_seal() -> Seal | None:
    """The newest seal of the tenant's record."""
    return Seal.objects.order_by("-number").first()
