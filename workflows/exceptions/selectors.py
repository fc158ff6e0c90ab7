"""Exceptions are read by whose they are to mend."""

from django.db.models import QuerySet

from approvals.models import ReviewItem
from workflows.exceptions.cause_words import WORDS
from workflows.exceptions.causes import Responsible

PROVIDER_CAUSES = [
    cause.value for cause, words in WORDS.items() if words.responsible is Responsible.PROVIDER
]


def for_staff(items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Of these the exceptions that are the provider's to mend and that nobody handed on."""
    found = items.filter(kind="exception", status="waiting", draft__cause__in=PROVIDER_CAUSES)
    return found.filter(draft__handed_by__isnull=True)


def for_client(items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Of these what the client's people can do something about."""
    return items.exclude(pk__in=for_staff(ReviewItem.objects.all()).values("pk"))
