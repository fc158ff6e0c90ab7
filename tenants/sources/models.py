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
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="source_name"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stale_from(self) -> datetime | None:
        """When the source goes stale: counted from its verification, never from its use."""
        if self.verified_at is None:
            return None
        return self.verified_at + timedelta(days=self.max_age_days)

    @property
    def is_stale(self) -> bool:
        """Whether workflows must leave the source out now."""
        return self.stale_from is None or clock.now() >= self.stale_from

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
