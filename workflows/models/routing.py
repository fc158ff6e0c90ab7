"""Models of routing: versions of the provider's routing table, and tries of its deployments."""

from typing import ClassVar

from django.db import models

from tenants import clock
from tenants.ids import uuid7
from workflows.gateway.usage import Usage


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


class DeploymentTry(models.Model):
    """Try of a deployment: one short question that an admin had a worker put to it.

    It waits until a worker begins it, and is over once it has ``ended_at``. ``problem`` says why
    there is no answer and ``advice`` what to do. ``misfit`` says how the answer does not fit the
    schema that was asked for. ``cost_micros`` is in millionths of a US dollar, None if not known.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    asked_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now, editable=False)
    begun_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    problem = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    misfit = models.TextField(blank=True)
    served = models.CharField(max_length=200, blank=True, help_text="The model that answered.")
    provider = models.CharField(max_length=80, blank=True)
    millis = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cache_read = models.PositiveIntegerField(default=0)
    cache_write = models.PositiveIntegerField(default=0)
    reasoning = models.PositiveIntegerField(default=0)
    cost_micros = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            # One at a time: a try costs money. It is also how a worker finds those that wait.
            models.UniqueConstraint(
                fields=["name"], name="one_open_try", condition=models.Q(ended_at=None)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["name", "-id"], name="try_of_deployment")]

    def __str__(self) -> str:
        return f"try of {self.name}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended, with or without an answer."""
        return self.ended_at is not None

    @property
    def usage(self) -> Usage:
        """Tokens of the answer in their buckets."""
        return Usage(
            uncached=self.tokens_in - self.cache_read - self.cache_write,
            cache_read=self.cache_read,
            cache_write=self.cache_write,
            answer=self.tokens_out - self.reasoning,
            reasoning=self.reasoning,
        )
