"""Items whose comments mention a person who has not answered since."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Comment, ReviewItem
from tenants.db.compiled import JsonList

# An accepted route: it stays with the people it was routed to until they answer.
ROUTED = Q(kind="recommendation", status="decided", choice="accept")
LAST = 1_000


def with_mentions(items: QuerySet[ReviewItem], person: Any) -> QuerySet[ReviewItem]:
    """Annotate items with ``asked_me``: whether a comment still waits for this person's answer."""
    return items.annotate(asked_me=Exists(_unanswered(person).filter(item=OuterRef("pk"))))


def items_mentioning(person: Any) -> QuerySet[ReviewItem]:
    """Return the waiting and routed items with an unanswered mention of this person.

    Only the tenant's LAST comments with mentions are searched.
    """
    last = Comment.objects.exclude(asks=[]).order_by("-at").values("pk")[:LAST]
    found = _unanswered(person).filter(pk__in=last)
    mentioning = ReviewItem.objects.shown().filter(pk__in=found.values("item_id"))
    return mentioning.filter(Q(status="waiting") | ROUTED).order_by("due_at", "id")


def _unanswered(person: Any) -> QuerySet[Comment]:
    said = Comment.objects.filter(item=OuterRef("item"), by_id=person, at__gt=OuterRef("at"))
    return Comment.objects.filter(asks__contains=JsonList(person)).filter(~Exists(said))
