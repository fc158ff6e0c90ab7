"""What a person was asked about waiting items and has not answered since."""

from django.db.models import Exists, OuterRef, QuerySet

from approvals.models import Comment, ReviewItem
from approvals.selectors import waiting
from tenants.actors import Actor

LAST = 1_000  # questions of a client that are looked through


def marked(items: QuerySet[ReviewItem], actor: Actor) -> QuerySet[ReviewItem]:
    """The items, each with ``asked_me``: whether this person owes it an answer."""
    return items.annotate(asked_me=Exists(_unanswered(actor).filter(item=OuterRef("pk"))))


def asked_of(actor: Actor) -> QuerySet[ReviewItem]:
    """Waiting items of that kind, of the LAST questions; what a person decides or not."""
    last = Comment.objects.exclude(asks=[]).order_by("-at").values("pk")[:LAST]
    found = _unanswered(actor).filter(pk__in=last)
    return waiting().filter(pk__in=found.values("item_id"))


def _unanswered(actor: Actor) -> QuerySet[Comment]:
    said = Comment.objects.filter(item=OuterRef("item"), by_id=actor.id, at__gt=OuterRef("at"))
    return Comment.objects.filter(asks__contains=[str(actor.id)]).filter(~Exists(said))
