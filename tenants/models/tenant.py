"""The models of the provider and of its clients, the tenants."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from tenants import business_hours, clock
from tenants.ids import uuid7

RUNGS = [
    ("read_only", "Read only"),
    ("draft_only", "Draft only"),
    ("recommend_and_route", "Recommend and route"),
    ("execute_with_approval", "Execute with approval"),
    ("never_execute", "Never execute"),
]


LONGEST_TAKE_BACK = 60  # seconds


class Provider(models.Model):
    """The provider who operates this deployment. There is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=80)
    rung = models.CharField(max_length=24, choices=RUNGS, default="execute_with_approval")
    model = models.CharField(
        max_length=80,
        blank=True,
        help_text="The LiteLLM name of the model to use where nothing else is said.",
    )
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    routing = models.UUIDField(
        null=True, editable=False, help_text="The id of the routing table that holds."
    )
    is_budgeted = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Whether it has budgets itself."
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_provider"),
        ]

    def __str__(self) -> str:
        return self.name


class Tenant(models.Model):
    """A client business."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(
        max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9](-?[a-z0-9])*$")]
    )
    name = models.CharField(max_length=80)
    timezone = models.CharField(max_length=40, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    locale = models.CharField(max_length=10, default="en_US")
    rung = models.CharField(
        max_length=24,
        choices=RUNGS,
        default="execute_with_approval",
        help_text="The highest rung any workflow of this client may stand on.",
    )
    allowed_hosts = models.JSONField(
        default=list, blank=True, help_text="Hosts that HTTP tools may call, as host or host:port."
    )
    model_names = models.JSONField(
        default=list, blank=True, help_text="The only models that may be chosen; empty for any."
    )
    model_regions = models.JSONField(
        default=list, blank=True, help_text="The only regions they may be in; empty for any."
    )
    model_keeps_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="The most days that a model's provider may keep prompts. Empty: any.",
    )
    is_budgeted = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Whether it has budgets."
    )
    # What an agent of this client may take at most, whatever its workflow says; null for that.
    agent_turns = models.PositiveSmallIntegerField(null=True, blank=True)
    agent_tool_calls = models.PositiveSmallIntegerField(null=True, blank=True)
    agent_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    agent_cents = models.PositiveIntegerField(null=True, blank=True)
    unpriced_call_micros = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="What a call at an unknown price counts for in budgets, in millionths of a US "
        "dollar. Empty: such a call is refused where a budget counts money.",
    )
    sends_from = models.EmailField(blank=True, help_text="The address its mail is sent from.")
    share = models.PositiveSmallIntegerField(
        default=1, help_text="How many pieces of its work go in each round of all clients."
    )
    at_once = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most calls in flight. Empty: the deployment's limit."
    )
    working_hours = models.JSONField(
        default=business_hours.default,
        help_text="Working hours: days (0 is Monday), opens and closes, in its time zone.",
    )
    take_back_seconds = models.PositiveSmallIntegerField(
        default=10,
        help_text="How long nothing follows from a decision, so that it can be taken back.",
    )
    second_looks = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="So many of a hundred accepted items are looked at again.",
    )
    planting_agreed_at = models.DateTimeField(null=True, editable=False)
    planting_agreed_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_by = models.JSONField(
        null=True, editable=False, help_text="Who stopped it, as tenants.halts has it."
    )
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(second_looks__lte=20), name="few_second_looks"
            ),
            models.CheckConstraint(
                condition=models.Q(planting_agreed_at=None, planting_agreed_by=None)
                | models.Q(planting_agreed_at__isnull=False, planting_agreed_by__isnull=False),
                name="agreed_means_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def week(self) -> business_hours.WorkingWeek:
        """The working week of the business."""
        return business_hours.working_week(self.working_hours, self.timezone)

    @property
    def is_stopped(self) -> bool:
        """Whether the kill switch is on."""
        return self.stopped_at is not None
