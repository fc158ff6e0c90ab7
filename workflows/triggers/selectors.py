"""Reading triggers, mailboxes and the mail that came."""

from uuid import UUID

from django.db.models import QuerySet

from workflows.models import InboundMail, Mailbox, Trigger, Workflow


def mailboxes_in_use() -> dict[str, str]:
    """Every mailbox with the slug of the workflow that its mail starts, "" for none."""
    rows = Mailbox.objects.values_list("name", "triggers__workflow__slug")
    return {name: slug or "" for name, slug in rows}


def triggers_of(workflow: Workflow) -> QuerySet[Trigger]:
    """What starts a workflow by itself, in the order its definition says."""
    found = Trigger.objects.filter(workflow=workflow).select_related("mailbox")
    return found.order_by("-kind", "position")


def mailboxes() -> QuerySet[Mailbox]:
    """The tenant's mailboxes by name, each with the workflow it starts."""
    return Mailbox.objects.prefetch_related("triggers__workflow").order_by("name")


def mailbox(name: str) -> Mailbox | None:
    """One mailbox by its name."""
    return mailboxes().filter(name=name).first()


def trigger_of(mailbox: Mailbox) -> Trigger | None:
    """What its mail starts."""
    return Trigger.objects.filter(mailbox=mailbox).select_related("workflow").first()


def trigger_of_alarm(mailbox_id: UUID) -> Trigger | None:
    """What waits for a mailbox that can't be read, with its workflow and its owner."""
    found = Trigger.objects.filter(mailbox_id=mailbox_id, mailbox__alarmed_at__isnull=False)
    return found.select_related("mailbox", "workflow__owner").first()


def failing_triggers() -> list[Trigger]:
    """What waits for mailboxes that can't be read, each with its workflow, by mailbox."""
    found = Trigger.objects.filter(mailbox__alarmed_at__isnull=False)
    return list(found.select_related("mailbox", "workflow").order_by("mailbox__name"))


def inbound_mails(mailbox: Mailbox) -> QuerySet[InboundMail]:
    """What came, newest first."""
    return InboundMail.objects.filter(mailbox=mailbox).order_by("-id")


def waiting_mails(mailbox: Mailbox) -> int:
    """How many mails stay in the mailbox until their sender has room again."""
    return InboundMail.objects.filter(mailbox=mailbox, outcome="waiting").count()
