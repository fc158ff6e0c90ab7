"""What this app does with rows of the outbox."""

from approvals.services import review
from audit import outbox


def register() -> None:
    """Take the topics of this app."""
    outbox.register("item.expire", outbox.Does(review.expire))
