"""The models of the source map: sources, their revisions, and citable passages and records."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Concat

from tenants import clock
from tenants.models.base import TenantForeignKey, TenantModel


class Source(TenantModel):
    """A source is an entry of the source map, with an owner who vouches for it."""

    KINDS: ClassVar = [("document", "Document"), ("records", "Records")]
    SENSITIVITIES: ClassVar = [
        ("public", "Public"),
        ("internal", "Internal"),
        ("personal", "Personal data"),
        ("secret", "Secret"),
    ]

    name = models.SlugField(max_length=60, help_text="How workflows call it, such as orders.")
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=KINDS)
    key_field = models.CharField(
        max_length=60, blank=True, help_text="For records: the field that names one record."
    )
    owner = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    authority = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text="1 is the last word, 5 is hearsay.",
    )
    max_age_days = models.PositiveSmallIntegerField(
        default=90, help_text="After so many days without being verified it is not used."
    )
    verified_at = models.DateTimeField(
        null=True, editable=False, help_text="When its content was last uploaded or confirmed."
    )
    confirmed_by = models.ForeignKey(
        "tenants.User",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Who said that this content is true; null: it was uploaded, nobody said so.",
    )
    revision = TenantForeignKey(
        "tenants.Revision", null=True, editable=False, related_name="+", db_index=False
    )
    truth_for = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="What it holds true."
    )
    sensitivity = models.CharField(
        max_length=8,
        choices=SENSITIVITIES,
        default="internal",
        db_default="internal",
        help_text="No workflow reads a secret source. A public one holds nothing private.",
    )
    tags = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text="As Germany or v2."
    )
    valid_from = models.DateTimeField(null=True, help_text="It is not used before.")
    valid_until = models.DateTimeField(null=True, help_text="It is not used from then on.")
    superseded_by = TenantForeignKey(
        "tenants.Source",
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="The source that takes its place as soon as that one is used.",
    )
    superseded_from = models.DateTimeField(
        null=True, editable=False, help_text="When the other one took its place."
    )
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="source_name"),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_from__lt=F("valid_until")),
                name="source_is_valid_before_it_is_not",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stale_from(self) -> datetime | None:
        """When its verification lapses: counted from the verification, never from its use."""
        if self.verified_at is None:
            return None
        return self.verified_at + timedelta(days=self.max_age_days)

    @property
    def is_stale(self) -> bool:
        """Whether workflows must leave the source out now."""
        return bool(self.unused_because)

    @property
    def unused_because(self) -> str:
        """Why workflows must leave the source out now, in words; empty where they need not."""
        now = clock.now()
        if self.revision_id is None:
            return "It has no content yet"
        if self.sensitivity == "secret":
            return "It is marked as secret"
        if self.valid_from is not None and now < self.valid_from:
            return "It is not valid yet"
        if self.valid_until is not None and now >= self.valid_until:
            return "It is not valid any more"
        if self.superseded_from is not None and now >= self.superseded_from:
            return "Another source has taken its place"
        if self.stale_from is not None and now < self.stale_from:
            return ""
        days = self.days_stale
        return f"Stale by {days} day{'s' if days != 1 else ''}" if days else "Stale since today"

    def may_be_confirmed(self, moment: datetime) -> bool:
        """Return whether confirming it would let workflows use it at a moment."""
        is_over = self.valid_until is not None and moment >= self.valid_until
        is_replaced = self.superseded_from is not None and moment >= self.superseded_from
        return not is_over and not is_replaced and self.sensitivity != "secret"

    @property
    def days_stale(self) -> int:
        """Whole days since the source went stale; 0 while fresh."""
        return max(0, (clock.now() - self.stale_from).days) if self.stale_from else 0


class Revision(TenantModel):
    """The content of a source at one time. Immutable."""

    source = TenantForeignKey("tenants.Source", related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    filename = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    original = models.BinaryField()
    pieces = models.PositiveIntegerField(help_text="How many passages or records it holds.")
    added_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "source", "number"], name="revision_number"),
        ]

    def __str__(self) -> str:
        return f"{self.filename}, revision {self.number}"


class SourceReading(TenantModel):
    """A file that a worker reads, to become its source's next revision. One a source.

    The row goes when the file was read; with a ``problem`` it stays, without the file, until the
    next upload or until somebody puts it away.
    """

    source = TenantForeignKey("tenants.Source", related_name="readings", db_index=False)
    filename = models.CharField(max_length=200)
    content = models.BinaryField()
    added_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField(default=clock.now)
    percent = models.PositiveSmallIntegerField(
        null=True, help_text="How much was read, as far as the file's kind tells."
    )
    problem = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "source"], name="one_reading_of_a_source"),
        ]

    def __str__(self) -> str:
        return self.filename


class Passage(TenantModel):
    """A citable piece of a document's revision."""

    revision = TenantForeignKey("tenants.Revision", related_name="passages", db_index=False)
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    search = models.GeneratedField(
        # The SQL function search_text of migration 0016 folds accents, parts words at signs, and
        # pairs letters of scripts without blanks. A search passes its query through it as well.
        expression=SearchVector(
            Func(
                Concat("heading", Value(" "), "text", output_field=models.TextField()),
                function="search_text",
                output_field=models.TextField(),
            ),
            config="english",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "revision", "position"], name="passage_position"
            ),
        ]
        indexes: ClassVar = [
            GinIndex(F("tenant_id"), F("search"), name="passage_search"),
            GinIndex(OpClass(F("text"), "gin_trgm_ops"), name="passage_trigrams"),
        ]

    def __str__(self) -> str:
        return self.heading or self.text[:60]


class Record(TenantModel):
    """A record of a revision: an order, a customer, a price."""

    revision = TenantForeignKey("tenants.Revision", related_name="records", db_index=False)
    key = models.CharField(max_length=200)
    data = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "revision", "key"], name="record_key"),
        ]

    def __str__(self) -> str:
        return self.key
