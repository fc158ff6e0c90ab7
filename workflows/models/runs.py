"""Models of workflows, their versions, runs, steps, journaled calls and events."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from audit.jobs import Priority
from tenants import clock
from tenants.db.packed_json import PackedJSONField
from tenants.models import TenantForeignKey, TenantModel
from tenants.models.tenant import RUNGS
from workflows import states
from workflows.gateway.usage import Usage


class Workflow(TenantModel):
    """Workflow of a tenant: one controlled lane of work with one human owner."""

    slug = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    owner = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    rung = models.CharField(
        max_length=24,
        choices=RUNGS,
        default="execute_with_approval",
        help_text="The highest rung it may stand on now; its version may ask for less.",
    )
    model = models.CharField(max_length=80, blank=True)
    at_once = models.PositiveIntegerField(
        null=True, editable=False, help_text="Most calls in flight, as its live version says."
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.JSONField(
        null=True, editable=False, help_text="Who paused it, as tenants.halts has it."
    )
    live = TenantForeignKey("workflows.Version", null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="workflow_slug"),
        ]
        permissions: ClassVar = [("decide_workflow", "May decide in this workflow")]

    def __str__(self) -> str:
        return self.title


class Version(TenantModel):
    """Version of a workflow: one immutable published definition."""

    workflow = TenantForeignKey(Workflow, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.TextField(help_text="YAML, as it was written.")
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    published_by = models.ForeignKey("tenants.User", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "workflow", "number"], name="version_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Run(TenantModel):
    """Run of a workflow: one execution of one version."""

    MACHINE = states.RUN
    TRIGGERS: ClassVar = [
        ("api", "API"),
        ("mail", "e-mail"),
        ("schedule", "schedule"),
        ("person", "person"),
        ("workflow", "another workflow"),
    ]

    PRIORITIES: ClassVar = [(p.value, p.name.lower()) for p in Priority]
    WORK: ClassVar = "work"
    PURPOSES: ClassVar = [(WORK, "work"), ("drill", "drill")]

    workflow = TenantForeignKey(Workflow, related_name="runs", db_index=False)
    version = TenantForeignKey(Version, related_name="runs", db_index=False)
    status = models.CharField(max_length=10, choices=states.RUN.choices, default="running")
    outcome = models.CharField(max_length=16, blank=True)
    trigger = models.CharField(max_length=10, choices=TRIGGERS)
    asked_by = models.CharField(max_length=160)
    asked_by_id = models.UUIDField(null=True)
    requested_by = models.JSONField(
        default=list,
        help_text="Ids of the people behind the request: in person, by key, again.",
    )
    input = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=128, null=True)
    input_hash = models.CharField(max_length=64)
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES, default=Priority.NORMAL)
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    parent = TenantForeignKey(
        "workflows.StepRun",
        null=True,
        related_name="children",
        db_index=False,
        help_text="The handoff step that started it.",
    )
    paused_at = models.DateTimeField(null=True)
    paused_by = models.JSONField(null=True, help_text="Who paused it, as tenants.halts has it.")
    rerun_of = TenantForeignKey("self", null=True, related_name="reruns", db_index=False)
    rerun_from = models.CharField(max_length=40, blank=True, help_text="The step it began at.")
    purpose = models.CharField(
        max_length=10,
        choices=PURPOSES,
        default=WORK,
        help_text="What it is for; one that is not for work is sealed, and never committed.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="one_run_a_key",
            ),
            models.UniqueConstraint(
                fields=["tenant", "parent"],
                condition=Q(parent__isnull=False),
                name="one_child_a_step",
            ),
        ]
        indexes: ClassVar = [
            # For the stall check, which must not read finished runs. Not by status: then each
            # move between running and waiting would be no HOT update and write all indexes.
            models.Index(fields=["tenant", "id"], name="run_under_way", condition=Q(ended_at=None)),
            models.Index(
                fields=["tenant", "rerun_of"],
                name="run_rerun_of",
                condition=Q(rerun_of__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Run of {self.started_at:%d %b %H:%M}"

    @property
    def is_sealed(self) -> bool:
        """Whether the run can have no effect: nothing is called, and none of its rows stays."""
        return self.purpose != self.WORK

    @property
    def priority_name(self) -> str:
        """The name of the run's priority, as the API writes it."""
        return Priority(self.priority).name.lower()


class StepRun(TenantModel):
    """Step of a run that has begun. A step that has not begun has no row.

    A step with ``for_each`` has its own row, and one more for each item that has begun.
    """

    MACHINE = states.STEP

    run = TenantForeignKey(Run, related_name="steps", db_index=False)
    name = models.CharField(max_length=40)
    item = models.PositiveSmallIntegerField(null=True, help_text="Which one of for_each, from 0.")
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=states.STEP.choices)
    # Outputs and requests are the bulk of the database, so they are stored compressed.
    output = PackedJSONField(null=True)
    note = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    fallback = models.PositiveSmallIntegerField(
        default=0, help_text="Which of the step's fallbacks this is; 0 for the step itself."
    )
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True, help_text="When a later attempt took its place.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "run", "name", "item"],
                condition=Q(replaced_at=None),
                nulls_distinct=False,
                name="one_live_step_a_name",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "run"],
                name="step_replaced",
                condition=Q(replaced_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Call(TenantModel):
    """Journaled model or tool call. A finished call is replayed, never made again."""

    MACHINE = states.CALL

    step = TenantForeignKey(StepRun, related_name="calls", db_index=False)
    run = TenantForeignKey(Run, related_name="calls", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=[("model", "model"), ("tool", "tool")])
    name = models.CharField(max_length=80, help_text="The model or the tool.")
    why = models.CharField(max_length=200, blank=True, help_text="Why this model.")
    # How it was routed, as workflows.routing.choice has it.
    choice = PackedJSONField(null=True)
    status = models.CharField(max_length=10, choices=states.CALL.choices, default="intended")
    key = models.CharField(max_length=64, help_text="Idempotency key sent along.")
    request = PackedJSONField()
    response = PackedJSONField(null=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    # Parts of the two above.
    cache_read = models.PositiveIntegerField(default=0)
    cache_write = models.PositiveIntegerField(default=0)
    reasoning = models.PositiveIntegerField(default=0)
    cost_micros = models.BigIntegerField(
        null=True, default=0, help_text="Millionths of a US dollar; null where it isn't known."
    )
    reused_from = models.UUIDField(
        null=True, help_text="The call whose kept answer this is; nothing was asked then."
    )
    # What its budgets keep for it until it is settled, as workflows_reserve gives it.
    reserved = models.JSONField(null=True)
    began_at = models.DateTimeField(default=clock.now)
    millis = models.PositiveIntegerField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            # The run, which the step implies, is in it so that a run's calls are found by it.
            models.UniqueConstraint(
                fields=["tenant", "run", "step", "attempt"], name="call_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def usage(self) -> Usage:
        """The call's tokens in their buckets."""
        return Usage(
            uncached=self.tokens_in - self.cache_read - self.cache_write,
            cache_read=self.cache_read,
            cache_write=self.cache_write,
            answer=self.tokens_out - self.reasoning,
            reasoning=self.reasoning,
        )


class Arrival(TenantModel):
    """Event that a client's system sent to a run; kept until a wait step takes it."""

    run = TenantForeignKey(Run, related_name="arrivals", db_index=False)
    name = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    sent_by = models.CharField(max_length=160)
    idempotency_key = models.CharField(max_length=128, null=True)
    content_hash = models.CharField(max_length=64)
    came_at = models.DateTimeField(default=clock.now)
    taken_by = TenantForeignKey(StepRun, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "run", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="one_arrival_a_key",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "run"], name="arrival_run")]

    def __str__(self) -> str:
        return self.name


def outputs(steps: list[StepRun]) -> dict[str, Any]:
    """Return the outputs of finished steps, in the shape that expressions read."""
    return {step.name: {"output": step.output} for step in steps if step.status == "done"}
