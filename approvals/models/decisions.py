"""The models of decisions and of the permits that follow from them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals import states
from approvals.models.choices import DecisionChoice
from approvals.models.review import Proposal, ReviewItem
from tenants import clock
from tenants.models import TenantForeignKey, TenantModel


class Decision(TenantModel):
    """A person's decision about an item in one round, with their edits. A withdrawn one is kept."""

    item = TenantForeignKey(ReviewItem, related_name="decisions", db_index=False)
    choice = models.CharField(max_length=10, choices=DecisionChoice.choices)
    by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=12)
    at = models.DateTimeField(default=clock.now)
    content_hash = models.CharField(max_length=64, help_text="Of what they saw.")
    edits = models.JSONField(default=dict)
    edit_distance = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=24, blank=True)
    words = models.TextField(blank=True)
    seconds = models.PositiveIntegerField(null=True, help_text="From opening the page to deciding.")
    follows_at = models.DateTimeField(
        null=True, help_text="Until then nothing follows, and it can be taken back."
    )
    round = models.PositiveSmallIntegerField(default=1, help_text="The item's when it was made.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item", "round"], name="decided_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_choice_display()} by {self.by}"


class Permit(TenantModel):
    """The single-use right to execute one proposal, bound to its exact content."""

    MACHINE = states.PERMIT

    proposal = TenantForeignKey(Proposal, related_name="permits", db_index=False)
    decision = TenantForeignKey(Decision, related_name="permits", db_index=False)
    status = models.CharField(max_length=10, choices=states.PERMIT.choices, default="open")
    tool_name = models.CharField(max_length=60)
    tool_version = models.PositiveIntegerField()
    args_hash = models.CharField(max_length=64)
    policy = models.CharField(
        max_length=64, help_text="Fingerprint of the rules it was given under."
    )
    terms = models.CharField(
        max_length=48, blank=True, help_text="The approval policy, as id:version; empty: roles."
    )
    sources = models.JSONField(default=list)
    approver = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    signers = models.JSONField(
        default=list, help_text="Ids of everybody who had said yes to exactly this."
    )
    knew = models.JSONField(
        default=list, help_text="Ids of items with the same, which the card said was done before."
    )
    issued_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    void_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "proposal"],
                # Not by status: then redeeming a permit could not be a heap-only (HOT) update.
                condition=Q(void_because=""),
                name="one_live_permit_a_proposal",
            ),
            models.CheckConstraint(
                condition=Q(status="void") & ~Q(void_because="")
                | ~Q(status="void") & Q(void_because=""),
                name="void_means_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="redeemed", redeemed_at__isnull=False)
                | ~Q(status="redeemed") & Q(redeemed_at=None),
                name="redeemed_means_a_time",
            ),
        ]

        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "proposal"], name="permit_void", condition=~Q(void_because="")
            ),
        ]

    def __str__(self) -> str:
        return f"Permit for {self.tool_name}"
