"""The models of policies, absences, sign-offs and item revisions."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from approvals.models.review import ReviewItem
from approvals.models.tools import KINDS
from approvals.rules.policy_terms import Group, PolicyTerms
from tenants import clock
from tenants.db.packed_json import PackedJSONField
from tenants.models import TenantForeignKey, TenantModel

# What follows when nobody decided in time. Expiry never approves.
AT_END = [
    ("close", "Nothing is done"),
    ("raise", "Nothing is done; an action becomes an exception for the workflow's owner"),
]


class Policy(TenantModel):
    """A policy of the client's list; the first that fits an item says who decides about it.

    ``groups`` are ``[{"roles": […], "people": [id, …], "needed": n}, …]``; ``backup`` is one more
    such group, or null. Hours are working hours.
    """

    position = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)
    workflow_id = models.UUIDField(null=True)
    tool = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, blank=True, choices=KINDS)
    over = models.BigIntegerField(null=True, help_text="Minor units; amounts above it.")
    currency = models.CharField(max_length=3)
    groups = models.JSONField()
    apart = models.BooleanField(
        default=False, help_text="Whoever asked for it or edited it does not count."
    )
    backup = models.JSONField(null=True)
    backup_after = models.PositiveSmallIntegerField(null=True)
    hours = models.PositiveSmallIntegerField(null=True)
    refuse_same = models.BooleanField(
        default=False, help_text="What was done before is not done again."
    )
    at_end = models.CharField(max_length=8, choices=AT_END, default="close", db_default="close")
    made_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "position"],
                name="one_policy_a_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"Policy {self.position}"

    def terms(self) -> PolicyTerms:
        """Return the policy as a pure value."""
        return PolicyTerms(
            id=self.pk,
            version=self.version,
            groups=tuple(_group(stored) for stored in self.groups),
            workflow_id=self.workflow_id,
            tool=self.tool,
            kind=self.kind,
            over=self.over,
            currency=self.currency,
            apart=self.apart,
            backup=_group(self.backup) if self.backup else None,
            backup_after=self.backup_after,
            hours=self.hours,
            at_end=self.at_end,
            refuse_same=self.refuse_same,
        )


def _group(stored: dict[str, Any]) -> Group:
    people = tuple(UUID(one) for one in stored["people"])
    return Group(tuple(stored["roles"]), people, stored["needed"])


class Absence(TenantModel):
    """A person is out of office from ``first`` to ``last``, in the client's time zone."""

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    stand_in = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    first = models.DateField()
    last = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="away_ends_later"),
            models.CheckConstraint(
                condition=Q(stand_in=None) | ~Q(stand_in=F("person")), name="stand_in_is_another"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "last"], name="absence_last")]

    def __str__(self) -> str:
        return f"{self.person}: {self.first:%d %b} to {self.last:%d %b}"


class SignOff(TenantModel):
    """A person's yes to exactly this content, where more than one yes is needed."""

    item = TenantForeignKey(ReviewItem, related_name="sign_offs", db_index=False)
    by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=12)
    at = models.DateTimeField(default=clock.now)
    content_hash = models.CharField(max_length=64, help_text="Of what they saw.")
    seconds = models.PositiveIntegerField(null=True, help_text="From opening the page to signing.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "item", "by", "content_hash"], name="signed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} signed"


class ItemRevision(TenantModel):
    """An item's content before a person's edit that others must agree to."""

    item = TenantForeignKey(ReviewItem, related_name="revisions", db_index=False)
    number = models.PositiveSmallIntegerField()
    draft = PackedJSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    changed_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    changed_at = models.DateTimeField(default=clock.now)
    edits = PackedJSONField(default=dict)
    edit_distance = models.PositiveIntegerField(default=0, help_text="In words.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "item", "number"], name="one_revision_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"Revision {self.number} of {self.item}"
