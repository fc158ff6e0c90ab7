"""Table of weekly reports."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from tenants import clock
from tenants.models import TenantModel


class Report(TenantModel):
    """One week of a tenant, frozen: its numbers never change once it is made.

    ``numbers`` holds all that the page and the mail show; ``items`` maps each number to the
    ids of the objects it counts.
    """

    week = models.DateField(help_text="Its Monday, in the tenant's time zone.")
    numbers = models.JSONField(encoder=DjangoJSONEncoder)
    items = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "week"], name="one_report_a_week"),
        ]

    def __str__(self) -> str:
        return f"Week of {self.week:%-d %B %Y}"
