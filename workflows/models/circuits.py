"""Model of circuits: the breakers of models and tools."""

from typing import ClassVar

from django.db import models

from tenants.models import TenantModel


class Circuit(TenantModel):
    """Circuit breaker of a model or tool that failed lately. Without a row it is closed."""

    kind = models.CharField(max_length=8, choices=[("model", "model"), ("tool", "tool")])
    name = models.CharField(max_length=80, help_text="The model or the tool.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failed_at = models.DateTimeField()
    opens = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    opened_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True, help_text="When a call was let through to try.")
    rest_until = models.DateTimeField(null=True, help_text="It asked for no call before.")
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "kind", "name"], name="one_circuit_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
