"""What the edge keeps: frozen reports, mails owed to people, and filters they saved."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from audit.transitions import machine
from tenants import clock
from tenants.models import TenantModel

NOTICE = machine(
    "mail",
    owed="sending failed",
    sending="sent owed failed in_doubt",
    sent="",
    failed="",
    in_doubt="",
)


class Report(TenantModel):
    """One week of a tenant, frozen: its numbers never change once it is made.

    ``numbers`` is what the page and the mail show; ``items`` maps each number to the
    ids of what it counts.
    """

    week = models.DateField(help_text="Its Monday, in the tenant's time zone.")
    numbers = models.JSONField(encoder=DjangoJSONEncoder)
    items = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "week"], name="one_report_a_week"),
        ]

    def __str__(self) -> str:
        return f"Week of {self.week:%-d %B %Y}"


class Notice(TenantModel):
    """What is owed to one person to hear, written when it is sent; ``key`` keeps it single.

    ``channel`` is the way it went, or is to go; empty until it is sent. Without ``person`` it
    is a mail to ``to``.
    """

    MACHINE = NOTICE

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    to = models.EmailField()
    person = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=8, blank=True)
    object_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=NOTICE.choices, default="owed")
    problem = models.TextField(blank=True)
    owed_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_notice_a_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "owed_at"], name="notice_owed")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"


class SavedFilter(TenantModel):
    """A view of the queue that a person gave a name. Nobody else sees it.

    ``query`` holds known parameters of the queue's address and their values, no address.
    """

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    query = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "person", "name"], name="one_filter_a_name_and_person"
            ),
        ]

    def __str__(self) -> str:
        return self.name


# After what they point at.
from portal.notices.models import Device as Device  # noqa: E402
from portal.notices.models import NoticePreference as NoticePreference  # noqa: E402
from portal.notices.models import Told as Told  # noqa: E402
