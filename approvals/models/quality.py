"""The models of second looks and planted mistakes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals.models.choices import DecisionChoice
from approvals.models.review import ReviewItem
from audit.verbs import Verb
from tenants import clock
from tenants.models import TenantForeignKey, TenantModel


class SecondLook(TenantModel):
    """A second look asks another person about an accepted item, without telling that it was.

    It changes nothing about the item. Unanswered it lapses at ``due_at``.
    """

    CHOICES: ClassVar = [
        ("accept", "accept as written"),
        ("correct", "accept after an edit"),
        ("reject", "reject"),
    ]

    item = TenantForeignKey(ReviewItem, related_name="second_looks", db_index=False)
    workflow_id = models.UUIDField()
    made_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(null=True)
    choice = models.CharField(max_length=10, choices=CHOICES, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    words = models.TextField(blank=True)
    seconds = models.PositiveIntegerField(null=True, help_text="From opening the page.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item"], name="one_second_look_an_item"),
            models.CheckConstraint(
                condition=Q(choice="", by=None, at=None)
                | ~Q(choice="") & Q(by__isnull=False, at__isnull=False),
                name="looked_means_a_choice_a_person_and_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "due_at"], name="second_look_open", condition=Q(choice="")
            ),
            models.Index(fields=["tenant", "at"], name="second_look_at", condition=~Q(choice="")),
        ]

    def __str__(self) -> str:
        return f"A second look at {self.item}"


class PlantOutcome(models.TextChoices):
    """What became of a planted mistake."""

    CAUGHT = "caught", "caught"
    MISSED = "missed", "missed"
    LEFT = "left", "taken over"
    CLOSED = "closed", "withdrawn"

    @property
    def verb(self) -> Verb:
        """The event in the record."""
        return {
            PlantOutcome.CAUGHT: Verb.MISTAKE_CAUGHT,
            PlantOutcome.MISSED: Verb.MISTAKE_MISSED,
            PlantOutcome.LEFT: Verb.MISTAKE_LEFT,
        }[self]

    def sentence(self, who: str) -> str:
        """Return what ``who`` did about the mistake."""
        return {
            PlantOutcome.CAUGHT: f"{who} caught it.",
            PlantOutcome.MISSED: f"{who} accepted it.",
            PlantOutcome.LEFT: f"{who} took it over, so it was not approved.",
            PlantOutcome.CLOSED: "It was withdrawn.",
        }[self]


class Planted(TenantModel):
    """A planted mistake: its item, what is wrong, who planted it, and whether it was caught.

    ``changed`` is where the mistake is: ``{"draft": bool, "args": {"0": ["amount"]}}``.
    """

    item = TenantForeignKey(ReviewItem, related_name="planted_as", db_index=False)
    source = TenantForeignKey(ReviewItem, related_name="+", db_index=False)
    planted_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    planted_at = models.DateTimeField(default=clock.now)
    mistake = models.CharField(max_length=300)
    changed = models.JSONField(default=dict)
    outcome = models.CharField(max_length=8, choices=PlantOutcome.choices, blank=True)
    choice = models.CharField(max_length=10, choices=DecisionChoice.choices, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    words = models.TextField(blank=True)
    by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(null=True, help_text="From opening the page.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item"], name="planted_once"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(outcome=""), name="one_planted_waits"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "closed"], by=None, choice="")
                | Q(outcome__in=["caught", "missed", "left"], by__isnull=False) & ~Q(choice=""),
                name="answered_means_a_person_and_a_choice",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "planted_at"], name="planted_at")]

    def __str__(self) -> str:
        return "A planted mistake"

    def sentence(self, who: str = "You") -> str:
        """Return what the person who answered is told, or with ``who`` what others are told."""
        said = f"This was a planted mistake: {self.mistake.rstrip('.')}."
        outcome = PlantOutcome(self.outcome or PlantOutcome.CLOSED)
        return f"{said} {outcome.sentence(who)} Nothing would have been done."
