"""Table of saved filters of the review queue."""

from typing import ClassVar

from django.db import models

from tenants.models import TenantModel


class SavedFilter(TenantModel):
    """A view of the queue that a person saved under a name. No other person sees it.

    ``query`` maps known parameters of the queue's address to their values.
    """

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    query = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "person", "name"], name="one_filter_a_name_and_person"
            ),
        ]

    def __str__(self) -> str:
        return self.name
