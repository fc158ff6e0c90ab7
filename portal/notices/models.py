"""Models of notices: preferences, notices, items each person had a notice of, devices."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from approvals.models import ReviewItem
from audit.transitions import machine
from portal.notices import batching
from tenants import clock
from tenants.models import TenantForeignKey, TenantModel

NOTICE = machine(
    "mail",
    owed="sending failed",
    sending="sent owed failed in_doubt",
    sent="",
    failed="",
    in_doubt="",
)


class NoticePreference(TenantModel):
    """Notice preference of one person; a person without a row has the defaults.

    ``times`` are "HH:MM" in the tenant's time zone. The chat address is stored as a secret of
    the person; ``chat`` is only the service's name.
    """

    HOW: ClassVar = [
        ("each", "Each one as it comes"),
        ("digest", "Together, at set times"),
        ("urgent", "Only what is urgent"),
        ("none", "Nothing"),
    ]
    VIA: ClassVar = [("mail", "E-mail"), ("chat", "Chat")]

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=8, choices=HOW, default="each")
    times = models.JSONField(default=batching.default_times)
    most = models.PositiveSmallIntegerField(default=batching.MOST, help_text="Notices an hour.")
    via = models.CharField(max_length=8, choices=VIA, default="mail")
    chat = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=300, blank=True, help_text="Why chat failed last.")
    gathered_at = models.DateTimeField(default=clock.now, help_text="Of the last digest.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "person"], name="one_preference_a_person"),
            models.CheckConstraint(condition=Q(most__gte=1), name="at_least_one_notice"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_how_display()}"

    def wish(self) -> batching.Wish:
        """Return the preference as plain data, for ``batching``."""
        return batching.Wish(self.how, tuple(self.times), self.most, self.gathered_at)


class Told(TenantModel):
    """Item that a person had a notice of, and by which notice: a second one is never sent.

    A unique constraint on item and person holds this.
    """

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    item = TenantForeignKey(ReviewItem, related_name="+", db_index=False)
    notice = TenantForeignKey("portal.Notice", related_name="told", db_index=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item", "person"], name="told_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "notice"], name="told_notice"),
            models.Index(fields=["tenant", "at"], name="told_at"),
        ]

    def __str__(self) -> str:
        return f"{self.person} was told of {self.item}"


class Device(TenantModel):
    """Browser that receives a person's web pushes (RFC 8030): its endpoint and its keys."""

    person = models.ForeignKey("tenants.User", models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=80)
    endpoint = models.TextField()
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the endpoint.")
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "person", "fingerprint"], name="one_device_an_endpoint"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Notice(TenantModel):
    """Notice to one person; its text is written when it is sent. ``key`` is unique in the tenant.

    ``channel`` is how it was or will be sent, empty before the first try. Without ``person``
    it is a mail to ``to``.
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
