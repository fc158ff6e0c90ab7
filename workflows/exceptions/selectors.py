"""Queries for exceptions by the party that can resolve them: the provider or the client."""

from django.db.models import QuerySet

from approvals.models import ReviewItem
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.causes import Responsible

PROVIDER_CAUSES = [
    cause.value for cause, words in WORDS.items() if words.responsible is Responsible.PROVIDER
]


def for_staff(items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Return the waiting exceptions among these items that the provider's staff can resolve.

    An exception that was handed to a person of the client is left out.
    """
    found = items.filter(kind="exception", status="waiting", draft__cause__in=PROVIDER_CAUSES)
    return found.filter(draft__handed_by__isnull=True)


def for_client(items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Return these items without the exceptions that only the provider's staff can resolve."""
    return items.exclude(pk__in=for_staff(ReviewItem.objects.all()).values("pk"))
