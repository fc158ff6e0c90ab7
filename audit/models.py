"""The models of the record (Event, Seal) and of the job queue (Outbox)."""

from typing import ClassVar

from django.db import models
from django.db.models.expressions import RawSQL

from audit.jobs import Priority
from audit.verbs import CHOICES, Verb
from tenants import clock
from tenants.ids import uuid7
from tenants.models import TenantModel


class Event(TenantModel):
    """An event is one line of the record. Grants and a trigger keep the table append-only."""

    at = models.DateTimeField(default=clock.now)
    verb = models.CharField(max_length=32, choices=CHOICES)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=160)
    object_kind = models.CharField(max_length=24)
    object_id = models.UUIDField()
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    # An event may commit after one with a later id. A seal covers the events of finished
    # transactions only, so that no event can be added later to a range that is sealed.
    transaction_id = models.BigIntegerField(
        db_default=RawSQL("pg_current_xact_id()::text::bigint", ()), editable=False
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant", "object_id"], name="event_object"),
            models.Index(fields=["tenant", "transaction_id"], name="event_transaction"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(verb__in=[v.value for v in Verb]), name="event_verb_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.verb} {self.object_label}"


class Seal(TenantModel):
    """A seal is the hash of a batch of events, chained to the hash of the seal before."""

    number = models.PositiveIntegerField()
    upto = models.BigIntegerField(help_text="Covers transactions below this one.")
    events = models.PositiveIntegerField()
    before = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "number"], name="seal_number"),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number}: {self.sha256[:16]}"


class Outbox(models.Model):
    """A row is one job to do. It holds ids only, so the table may stay outside the tenant wall.

    ``fence`` counts the claims of the row; a worker that completes with an older fence has lost its
    lease and writes nothing. ``hint_at`` is when the sweep should send a wake-up for the row. A
    ``ready`` row may be claimed now; the sweep makes other rows ready when they are due or when the
    lease of a dead worker has ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField()
    topic = models.CharField(max_length=40)
    object_id = models.UUIDField()
    due_at = models.DateTimeField()
    hint_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    parked_at = models.DateTimeField(null=True)
    ready = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(default=Priority.NORMAL)
    # For calls under a limit only (``audit.worker.concurrency``): ``lane`` and ``via`` are the
    # limits a call in flight counts against, ``waits_for`` is the limit a row waits for, and
    # ``called_at`` is when the row was woken: capacity is reserved for it RESERVED_FOR longer.
    # Database defaults, so that an INSERT of any other row does not name these columns.
    lane = models.CharField(max_length=48, null=True, db_default=None)
    via = models.CharField(max_length=90, null=True, db_default=None)
    waits_for = models.CharField(max_length=90, null=True, db_default=None)
    called_at = models.DateTimeField(null=True, db_default=None)

    class Meta:
        indexes: ClassVar = [
            # The sweep. A job that is inserted with a lease never enters this index.
            models.Index(
                fields=["hint_at"],
                name="outbox_hint",
                condition=models.Q(lease_until__isnull=True),
            ),
            # Claims: one step in this index finds the next tenant's first ready row.
            models.Index(
                fields=["tenant_id", "priority", "due_at", "id"],
                name="outbox_turn",
                condition=models.Q(ready=True),
            ),
            models.Index(
                fields=["tenant_id"],
                name="outbox_held",
                condition=models.Q(lease_until__isnull=False),
            ),
            models.Index(
                fields=["lane"],
                name="outbox_lane",
                condition=models.Q(lane__isnull=False, lease_until__isnull=False),
            ),
            models.Index(
                fields=["via", "tenant_id"],
                name="outbox_via",
                condition=models.Q(via__isnull=False, lease_until__isnull=False),
            ),
            models.Index(
                fields=["waits_for", "tenant_id", "priority", "due_at", "id"],
                name="outbox_waits",
                condition=models.Q(waits_for__isnull=False),
            ),
            # The jobs a run waits for. A row inserted with a lease never enters this index.
            models.Index(
                fields=["tenant_id", "object_id"],
                name="outbox_idle",
                condition=models.Q(lease_until__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_id}"
