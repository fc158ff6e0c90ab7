"""Queries for triggers, mailboxes and inbound mails."""

from uuid import UUID

from django.db.models import QuerySet

from tenants.db.lookup import get_or_not_found
from workflows.models import InboundMail, Mailbox, Trigger, Workflow


def mailboxes_in_use() -> dict[str, str]:
    """Return every mailbox's name with the slug of the workflow its mail starts, "" for none."""
    rows = Mailbox.objects.values_list("name", "triggers__workflow__slug")
    return {name: slug or "" for name, slug in rows}


def triggers_of(workflow: Workflow) -> QuerySet[Trigger]:
    """Return a workflow's triggers, in the order of its definition."""
    found = Trigger.objects.filter(workflow=workflow).select_related("mailbox")
    return found.order_by("-kind", "position")


def mailboxes() -> QuerySet[Mailbox]:
    """Return the tenant's mailboxes by name, each with the workflow it starts."""
    return Mailbox.objects.prefetch_related("triggers__workflow").order_by("name")


def get_mailbox(name: str) -> Mailbox:
    """Return a mailbox by its name. Raises NotFound."""
    return get_or_not_found(mailboxes(), "mailbox", name=name)


def trigger_of(mailbox: Mailbox) -> Trigger | None:
    """Return a mailbox's trigger with its workflow, or None."""
    return Trigger.objects.filter(mailbox=mailbox).select_related("workflow").first()


def trigger_of_alarm(mailbox_id: UUID) -> Trigger | None:
    """Return the trigger of a mailbox with an alarm, with its workflow and owner, or None."""
    found = Trigger.objects.filter(mailbox_id=mailbox_id, mailbox__alarmed_at__isnull=False)
    return found.select_related("mailbox", "workflow__owner").first()


def failing_triggers() -> list[Trigger]:
    """Return the triggers of mailboxes with an alarm, each with its workflow, by mailbox."""
    found = Trigger.objects.filter(mailbox__alarmed_at__isnull=False)
    return list(found.select_related("mailbox", "workflow").order_by("mailbox__name"))


def inbound_mails(mailbox: Mailbox) -> QuerySet[InboundMail]:
    """Return a mailbox's inbound mails, newest first."""
    return InboundMail.objects.filter(mailbox=mailbox).order_by("-id")


def waiting_mails(mailbox: Mailbox) -> int:
    """Return how many mails wait in a mailbox until their sender is below the limit again."""
    return InboundMail.objects.filter(mailbox=mailbox, outcome="waiting").count()
