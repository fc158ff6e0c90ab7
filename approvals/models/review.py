"""The models of review items with their proposals, snoozes and viewers."""

from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Case, Q, When

from approvals import states
from approvals.models.choices import DecisionChoice
from approvals.models.drafts import TextDraft
from approvals.models.tools import Tool
from tenants import clock
from tenants.db.packed_json import PackedJSONField
from tenants.models import TenantForeignKey, TenantManager, TenantModel
from tenants.roles import Capability

# The kinds of items about a text or actions: their attempts at a step are counted together.
CONTENT_KINDS = ("draft", "recommendation", "proposal")
# Attempts of one sort at one step of a run have numbers of their own.
SORT = Case(
    When(kind="exception", then=1),
    When(kind="undo", then=2),
    When(kind__in=CONTENT_KINDS, planted=False, then=0),
    output_field=models.SmallIntegerField(),
)


class RealItems(TenantManager["ReviewItem"]):
    """The manager of real items: planted ones are in no count, report or list made from it."""

    def get_queryset(self) -> models.QuerySet["ReviewItem"]:
        return super().get_queryset().filter(planted=False)

    def shown(self) -> models.QuerySet["ReviewItem"]:
        """Return the items as people see them in the queue, planted ones included."""
        return super().get_queryset()


class ReviewItem(TenantModel):
    """An item waits for a person: a draft, a recommendation, proposals, or an exception.

    An undo never waits: the request for it is its decision. What is decided about is ``{"draft": …,
    "proposals": […]}`` (``content_of``); ``content_hash`` is its SHA-256. ``evidence`` says how the
    item was made, and is frozen. ``objects`` has real items only; ``objects.shown()`` has the
    planted ones too and is for the queue and its pages, where they look like any other.
    """

    MACHINE = states.ITEM
    objects: ClassVar[RealItems] = RealItems()
    KINDS: ClassVar = [
        ("draft", "draft"),
        ("recommendation", "recommendation"),
        ("proposal", "action"),
        ("exception", "exception"),
        ("undo", "undo"),
    ]

    workflow_id = models.UUIDField()
    run_id = models.UUIDField()
    step = models.CharField(max_length=60)
    attempt = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=16, choices=KINDS)
    status = models.CharField(max_length=12, choices=states.ITEM.choices, default="waiting")
    title = models.CharField(max_length=200)
    workflow_name = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    asked_by = models.CharField(max_length=160)
    tags = models.JSONField(default=list, help_text="Kinds of write: refund, send, …")
    draft = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    evidence = PackedJSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    why = models.CharField(max_length=300, blank=True)
    policy_id = models.UUIDField(null=True, help_text="The policy that fits it; null: roles.")
    # Items opened before the column ``shaped_by`` was added have only this.
    asked_by_person = models.UUIDField(null=True)
    shaped_by = models.JSONField(
        default=list,
        help_text="Ids and mailboxes of those who asked for it or shaped it before.",
    )
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    choice = models.CharField(max_length=10, choices=DecisionChoice.choices, blank=True)
    reason_code = models.CharField(max_length=24, blank=True)
    reminded_at = models.DateTimeField(null=True, help_text="When half its time was over.")
    escalated_at = models.DateTimeField(null=True, help_text="When the backup was asked too.")
    stranded_at = models.DateTimeField(null=True, help_text="Since when nobody may decide it.")
    round = models.PositiveSmallIntegerField(
        default=1, help_text="Grows with each decision that is taken back."
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    planted = models.BooleanField(
        default=False, db_default=False, help_text="A known mistake, put there to be found."
    )

    class Meta:
        constraints: ClassVar = [
            # One index for the three sorts, which also finds the items of a run. Planted copies
            # have the step and attempt of a real item and are of no sort: nulls are distinct.
            models.UniqueConstraint(
                "tenant", "run_id", "step", "attempt", SORT, name="one_item_of_a_sort"
            ),
            models.CheckConstraint(
                condition=Q(planted=False) | Q(status__in=["waiting", "cancelled"]),
                name="planted_is_never_decided",
            ),
            models.CheckConstraint(
                condition=Q(status="decided", decided_at__isnull=False) & ~Q(choice="")
                | ~Q(status="decided") & Q(decided_at=None, choice=""),
                name="decided_means_a_choice_and_a_time",
            ),
        ]
        indexes: ClassVar = [
            # The queue, in the order people work it; only waiting items are in the index.
            models.Index(
                fields=["tenant", "due_at", "id"],
                include=["kind", "workflow_id"],  # for index-only scans when counting
                name="queue",
                condition=Q(status="waiting"),
            ),
            # The page of exceptions; else it may read every exception that ever was.
            models.Index(
                fields=["tenant", "due_at", "id"],
                name="queue_of_exceptions",
                condition=Q(status="waiting", kind="exception"),
            ),
            # The queue grouped by customer or workflow; the latter also serves the filter.
            models.Index(
                fields=["tenant", "asked_by", "due_at", "id"],
                include=["kind", "workflow_id"],
                name="queue_by_customer",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=["tenant", "workflow_id", "due_at", "id"],
                include=["kind"],
                name="queue_by_workflow",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=["tenant", "decided_at"],
                name="item_decided",
                condition=Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def text_draft(self) -> TextDraft:
        """The draft of an item that is no exception and no undo."""
        return TextDraft.read(self.draft)

    @property
    def capability(self) -> Capability:
        """The capability that a decision about the item needs, where no policy says who."""
        if self.kind == "exception":
            return Capability.HANDLE_EXCEPTIONS
        return Capability.DECIDE


class Snooze(TenantModel):
    """A snooze hides an item from one person until a time. Others still see it."""

    item = TenantForeignKey(ReviewItem, related_name="snoozes", db_index=False)
    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "person", "item"], name="one_snooze_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"until {self.until:%d %b %H:%M}"


class Looking(TenantModel):
    """A person has an item open, or had: rows not seen lately don't count.

    ``content_hash`` is of the content they saw last, kept while the item waits. ``viewings`` has
    for each page that showed the item when it was last seen (seconds since 1970), and whether it
    has ended.
    """

    item = TenantForeignKey(ReviewItem, related_name="looking", db_index=False)
    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    viewings = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item", "person"], name="one_look_a_person"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "person"], name="looking_person")]

    def __str__(self) -> str:
        return f"{self.person} since {self.since:%H:%M}"


class Proposal(TenantModel):
    """An action the workflow wants to take: a tool and its exact arguments."""

    MACHINE = states.PROPOSAL

    item = TenantForeignKey(ReviewItem, related_name="proposals", db_index=False)
    # The item's run. No index has it: find the actions of a run with ``item__run_id``.
    run_id = models.UUIDField()
    workflow_id = models.UUIDField()
    step = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    revision = models.PositiveSmallIntegerField(default=1, help_text="Grows with each correction.")
    status = models.CharField(max_length=12, choices=states.PROPOSAL.choices, default="proposed")
    tool = TenantForeignKey(Tool, related_name="+", db_index=False)
    tool_name = models.CharField(max_length=60)
    tool_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    args = models.JSONField()
    args_hash = models.CharField(max_length=64)
    same_key = models.CharField(
        max_length=64, blank=True, default="", help_text="Equal for what its tool calls the same."
    )
    sources = models.JSONField(default=list, help_text="Ids of the source revisions used.")
    rung = models.CharField(max_length=24)
    result = models.JSONField(null=True)
    made_at = models.DateTimeField(default=clock.now)
    executed_at = models.DateTimeField(null=True)
    undoes = TenantForeignKey(
        "self",
        null=True,
        related_name="undos",
        db_index=False,
        help_text="The action it undoes; null again if that came to nothing.",
    )
    # No ``db_default``: ``unit_of_work.insert`` leaves such fields to the database.
    is_undo = models.BooleanField(
        default=False, help_text="Whether it undoes, or was to undo, an action."
    )
    planted = models.BooleanField(
        default=False, db_default=False, help_text="Of a planted item: never carried out."
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(planted=False) | Q(status__in=["proposed", "cancelled"]),
                name="planted_is_never_approved",
            ),
            models.UniqueConstraint(
                fields=["tenant", "item", "position", "revision"], name="one_proposal_a_revision"
            ),
            models.UniqueConstraint(
                fields=["tenant", "undoes"], condition=Q(undoes__isnull=False), name="undone_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "same_key"], name="proposal_same", condition=~Q(same_key="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool_name} ({self.step})"


def content_of(item: ReviewItem, proposals: list[Proposal]) -> dict[str, Any]:
    """Return the content a decision is about: the draft, and each action in order."""
    return {
        "draft": item.draft,
        "proposals": [
            {"tool": p.tool_name, "version": p.tool_version, "args": p.args_hash}
            for p in sorted(proposals, key=lambda p: p.position)
        ],
    }
