"""What a person was asked about and has not answered since."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Comment, ReviewItem
from tenants.actors import Actor

# What was sent to somebody on a person's word; it asks them until they answer.
ROUTED = Q(kind="recommendation", status="decided", choice="accept")
LAST = 1_000  # questions of a client that are looked through


def with_mentions(items: QuerySet[ReviewItem], actor: Actor) -> QuerySet[ReviewItem]:
    """The items, each with ``asked_me``: whether this person owes it an answer."""
    return items.annotate(asked_me=Exists(_unanswered(actor).filter(item=OuterRef("pk"))))


def items_mentioning(actor: Actor) -> QuerySet[ReviewItem]:
    """Items that ask this person, of the LAST questions: those that wait, and routed ones."""
    last = Comment.objects.exclude(asks=[]).order_by("-at").values("pk")[:LAST]
    found = _unanswered(actor).filter(pk__in=last)
    asked = ReviewItem.objects.shown().filter(pk__in=found.values("item_id"))
    return asked.filter(Q(status="waiting") | ROUTED).order_by("due_at", "id")


def _unanswered(actor: Actor) -> QuerySet[Comment]:
    said = Comment.objects.filter(item=OuterRef("item"), by_id=actor.id, at__gt=OuterRef("at"))
    return Comment.objects.filter(asks__contains=[str(actor.id)]).filter(~Exists(said))
