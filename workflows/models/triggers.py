"""Models of triggers, which start runs: schedules, mailboxes and the mails that came."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants import clock
from tenants.models import TenantForeignKey, TenantModel


class Mailbox(TenantModel):
    """Mailbox of the tenant that is read over IMAP. Nothing in it is changed or marked.

    ``last_uid`` is the high-water mark under ``uidvalidity``; mail from before ``reads_from``
    starts nothing. ``problem`` is what went wrong last, empty while the mailbox works.
    """

    SECURITY: ClassVar = [
        ("tls", "TLS from the start (usually port 993)"),
        ("starttls", "STARTTLS (usually port 143)"),
        ("none", "None: this machine only"),
    ]

    name = models.SlugField(max_length=40)
    address = models.EmailField(help_text="The address that people write to.")
    host = models.CharField(max_length=200)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=8, choices=SECURITY, default="tls")
    username = models.CharField(max_length=200)
    secret = models.SlugField(max_length=60, help_text="The name of the secret with its password.")
    folder = models.CharField(max_length=120, default="INBOX")
    every = models.PositiveIntegerField(default=60, help_text="Seconds between two looks.")
    made_at = models.DateTimeField(default=clock.now, editable=False)

    reads_from = models.DateTimeField(default=clock.now, editable=False)
    uidvalidity = models.BigIntegerField(null=True, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    looked_at = models.DateTimeField(null=True, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False)
    check_asked_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    problem = models.TextField(blank=True, editable=False)
    alarmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="mailbox_name"),
        ]

    def __str__(self) -> str:
        return self.address


class Trigger(TenantModel):
    """Trigger that starts a workflow's runs, as its live version says: a schedule or a mailbox.

    ``zone`` is the time zone in the version, empty for the client's; ``zone_used`` is the one in
    which ``next_due`` was worked out.
    """

    KINDS: ClassVar = [("schedule", "schedule"), ("mail", "e-mail")]

    workflow = TenantForeignKey("workflows.Workflow", related_name="triggers", db_index=False)
    kind = models.CharField(max_length=10, choices=KINDS)
    position = models.PositiveSmallIntegerField(default=0)
    input = models.JSONField(default=dict)
    cron = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=40, blank=True)
    zone_used = models.CharField(max_length=40, blank=True)
    mailbox = TenantForeignKey(Mailbox, null=True, related_name="triggers", db_index=False)
    next_due = models.DateTimeField(null=True)
    last_due = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_run_id = models.UUIDField(null=True)
    problem = models.TextField(blank=True)
    problem_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="mail", mailbox__isnull=False, cron="")
                | Q(kind="schedule", mailbox=None) & ~Q(cron=""),
                name="a_trigger_is_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=["tenant", "mailbox"],
                condition=Q(mailbox__isnull=False),
                name="one_workflow_a_mailbox",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "workflow"], name="trigger_workflow")]

    def __str__(self) -> str:
        return self.cron or "mail"


class InboundMail(TenantModel):
    """Mail that came to a mailbox, with its outcome. One row for each mail.

    ``reply_to`` is the address to answer where that is not the sender's. ``seen_at`` is the time
    when the mail was taken in: for a mail that waited, the end of its wait.
    """

    OUTCOMES: ClassVar = [
        ("started", "started a run"),
        ("waiting", "waits for its turn"),
        ("ignored", "left alone"),
        ("refused", "could not be used"),
    ]

    mailbox = TenantForeignKey(Mailbox, related_name="mails", db_index=False)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    sender = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    why = models.CharField(max_length=300, blank=True)
    run_id = models.UUIDField(null=True)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "mailbox", "uidvalidity", "uid"], name="one_row_a_mail"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "mailbox", "sender", "seen_at"], name="mail_of_sender"),
            models.Index(
                fields=["tenant", "mailbox", "seen_at"],
                condition=Q(outcome="started"),
                name="mail_started",
            ),
            models.Index(
                fields=["tenant", "mailbox", "uid"],
                condition=Q(outcome="waiting"),
                name="mail_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"Mail from {self.sender or 'nobody'}"
