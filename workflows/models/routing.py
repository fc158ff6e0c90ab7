"""Models of routing: the provider's routing tables, one row for each that ever held."""

from typing import ClassVar

from django.db import models

from tenants import clock
from tenants.ids import uuid7


class RoutingVersion(models.Model):
    """Version of the provider's routing table: deployments, rows and limits. It never changes.

    ``tenants.Provider.routing`` is the id of the one that holds. Journaled calls name theirs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True, editable=False)
    table = models.JSONField(help_text="As workflows.routing.table.TableGiven has it.")
    note = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"version {self.number}"
