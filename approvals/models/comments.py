"""The model of comments on an item."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals.models.review import ReviewItem
from tenants import clock
from tenants.models import TenantForeignKey, TenantModel


class Comment(TenantModel):
    """A question about an item to colleagues, or an answer. It decides nothing and never changes.

    ``asks`` are the ids of the people mentioned, as text; an answer mentions nobody.
    """

    item = TenantForeignKey(ReviewItem, related_name="comments", db_index=False)
    by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now)
    text = models.TextField(max_length=2000)
    asks = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant", "item", "at"], name="comment_item"),
            # The tenant's last comments with mentions; older ones are not searched.
            models.Index(
                fields=["tenant", "at"],
                include=["item"],
                name="comment_asks",
                condition=~Q(asks=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}, {self.at:%d %b %H:%M}"
