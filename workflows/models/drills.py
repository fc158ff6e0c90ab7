"""Model of drills: each model and tool of a version fails in turn, and what follows is kept."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants import clock
from tenants.models import TenantForeignKey, TenantModel
from workflows.models.runs import Version, Workflow


class Drill(TenantModel):
    """Drill of a version, with a row for each failure and what followed it.

    ``done`` of ``total`` calls were made to fail by now. ``shown`` of ``declared`` fallbacks
    happened as they are declared; ``problem`` says why a drill ended before it was through.
    """

    workflow = TenantForeignKey(Workflow, related_name="drills", db_index=False)
    version = TenantForeignKey(Version, related_name="drills", db_index=False)
    asked_by = models.ForeignKey(
        "tenants.User",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Null for the command line.",
    )
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    total = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveSmallIntegerField(default=0)
    rows = models.JSONField(
        default=list, help_text="As workflows.drill.rows has them, one for each failure."
    )
    shown = models.PositiveSmallIntegerField(default=0)
    declared = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "workflow"],
                condition=Q(ended_at=None),
                name="one_drill_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "workflow", "id"], name="drill_last")]

    def __str__(self) -> str:
        return f"Drill of {self.started_at:%d %b %H:%M}"

    @property
    def is_over(self) -> bool:
        """Whether the drill has ended, through or not."""
        return self.ended_at is not None

    @property
    def is_passed(self) -> bool:
        """Whether the drill came through and each declared fallback happened."""
        return self.is_over and not self.problem and self.shown == self.declared
