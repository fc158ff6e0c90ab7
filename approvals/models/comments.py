"""What people say to one another about an item."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals.models.review import ReviewItem
from tenants import clock
from tenants.models import TenantForeignKey, TenantModel


class Comment(TenantModel):
    """A question to colleagues, or an answer. It decides nothing and is never changed.

    ``asks`` are the ids of the people asked, as text; an answer asks nobody.
    """

    item = TenantForeignKey(ReviewItem, related_name="comments", db_index=False)
    by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now)
    text = models.TextField(max_length=2000)
    asks = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant", "item", "at"], name="comment_item"),
            # The last questions of a client: nobody looks further back for what they were asked.
            models.Index(
                fields=["tenant", "at"],
                include=["item"],
                name="comment_asks",
                condition=~Q(asks=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}, {self.at:%d %b %H:%M}"
