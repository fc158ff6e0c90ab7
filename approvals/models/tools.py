"""The models of a tenant's tools and never-rules."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals.rules.ladder import Effect, Kind
from approvals.rules.never import Rule
from tenants import clock
from tenants.models import TenantModel

EFFECTS = [(e.value, e.value) for e in Effect]
KINDS = [(k.value, k.value) for k in Kind]


class Tool(TenantModel):
    """A tool of the tenant, with its declared effect. A changed declaration is a new version."""

    name = models.CharField(max_length=60, help_text="How definitions call it, as shop.refund.")
    title = models.CharField(max_length=120)
    adapter = models.CharField(max_length=20, help_text="What carries it out, as http or mail.")
    version = models.PositiveIntegerField(default=1, editable=False)
    effect = models.CharField(max_length=8, choices=EFFECTS)
    kind = models.CharField(max_length=10, choices=KINDS, null=True, blank=True)
    args_schema = models.JSONField(help_text="JSON Schema of its arguments.")
    settings = models.JSONField(default=dict, blank=True)
    is_test = models.BooleanField(
        "is a test environment",
        default=False,
        db_default=False,
        help_text="It acts in a test environment of the client's system, and nothing really "
        "happens. Cards, runs and buttons say so.",
    )
    asks_outside = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It reads, and what it is asked leaves the client's own systems, as a search on "
        "the web does.",
    )
    takes_key = models.BooleanField(
        default=False, help_text="Whether calling it twice with one idempotency key acts once."
    )
    undo_tool = models.CharField(max_length=60, blank=True)
    undo_hours = models.PositiveIntegerField(default=0, help_text="0: as long as one likes.")
    undo_args = models.JSONField(
        default=dict,
        blank=True,
        help_text="CEL for each argument of the undo tool.",
    )
    undo_check = models.JSONField(
        default=dict,
        blank=True,
        help_text="What is asked first: tool, args, if and why.",
    )
    same_as = models.CharField(
        max_length=200,
        blank=True,
        help_text="CEL over args: what makes two actions the same thing, as args.order. What was "
        "carried out before is then said first on the card.",
    )
    same_days = models.PositiveSmallIntegerField(
        default=90, help_text="For so many days an action counts as done before."
    )
    phrases = models.JSONField(
        default=dict, help_text="title, effect, button and undo, in the client's words."
    )
    prose_arg = models.CharField(max_length=40, blank=True)
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="tool_name"),
            models.CheckConstraint(
                condition=Q(effect="write", kind__isnull=False)
                | (~Q(effect="write") & Q(kind=None)),
                name="only_writes_have_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class NeverRule(TenantModel):
    """A never-rule of the tenant: what its workflows never do, whatever a person approves."""

    tool = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, blank=True, choices=KINDS)
    condition = models.CharField(max_length=400, blank=True)
    text = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(tool="", kind="", condition="", text=""), name="rule_says_something"
            ),
        ]

    def rule(self) -> Rule:
        """Return the rule as a pure value."""
        return Rule(self.tool, self.kind, self.condition, self.text, self.why)

    def __str__(self) -> str:
        return self.why or self.condition or self.text or self.tool or self.kind
