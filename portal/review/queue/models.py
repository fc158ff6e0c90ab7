"""A saved filter is what one person asks the queue for again."""

from typing import ClassVar

from django.db import models

from tenants.models import TenantModel


class SavedFilter(TenantModel):
    """A view of the queue that a person gave a name. Nobody else sees it.

    ``query`` holds known parameters of the queue's address and their values, no address.
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
