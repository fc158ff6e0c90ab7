"""Triggers of a workflow: replaced by those of a version when it is published."""

from uuid import UUID
from zoneinfo import ZoneInfo

from audit import outbox
from audit.canonical import canonical
from audit.worker import schedule
from tenants import clock
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from workflows.definitions import cron
from workflows.definitions.definition import Definition
from workflows.definitions.schema import Schedule
from workflows.models import Mailbox, Trigger, Workflow

DUE, WAKE = "trigger.due", "mailbox.wake"


def replace_triggers(workflow: Workflow, definition: Definition) -> None:
    """Replace a workflow's triggers by those of its live version, in the publishing transaction.

    A schedule whose times stay keeps its row, so that a run that is due now is neither lost nor
    started twice. The workflow must be locked.
    """
    kept = _schedules(workflow, definition) | _mail(workflow, definition)
    Trigger.objects.filter(workflow=workflow).exclude(pk__in=kept).delete()


def _schedules(workflow: Workflow, definition: Definition) -> set[UUID]:
    old = list(Trigger.objects.filter(workflow=workflow, kind="schedule").order_by("position"))
    tenant = Tenant.objects.get(pk=current_tenant_id())
    kept: set[UUID] = set()
    for position, asked in enumerate(definition.head.on.schedule):
        # The times decide whether it is the same schedule; its input may change.
        same = [t for t in old if (t.cron, t.zone) == (asked.cron, asked.zone)]
        if same:
            old.remove(same[0])
            changes = {"position": position, "input": canonical(asked.input)}
            Trigger.objects.filter(pk=same[0].pk).update(**changes, problem="", problem_at=None)
            kept.add(same[0].pk)
        else:
            kept.add(_make(workflow, asked, position, asked.zone or tenant.timezone).pk)
    return kept


def _make(workflow: Workflow, asked: Schedule, position: int, zone: str) -> Trigger:
    now = clock.now()
    due = cron.next_due(asked.cron, ZoneInfo(zone), now)
    trigger = Trigger.objects.create(
        workflow=workflow,
        kind="schedule",
        position=position,
        input=canonical(asked.input),
        cron=asked.cron,
        zone=asked.zone,
        zone_used=zone,
        next_due=due,
        made_at=now,
    )
    if due is not None:
        schedule.set_due(DUE, trigger.pk, due)
    return trigger


def _mail(workflow: Workflow, definition: Definition) -> set[UUID]:
    asked = definition.head.on.mail
    if asked is None:
        return set()
    mailbox = Mailbox.objects.get(name=asked.mailbox)
    old = Trigger.objects.filter(workflow=workflow, kind="mail", mailbox=mailbox).first()
    if old is not None:
        Trigger.objects.filter(pk=old.pk).update(input=canonical(asked.input))
        return {old.pk}
    # Delete the old trigger first: a workflow reads one mailbox, a mailbox starts one workflow.
    Trigger.objects.filter(workflow=workflow, kind="mail").delete()
    made = Trigger.objects.create(
        workflow=workflow, kind="mail", mailbox=mailbox, input=canonical(asked.input)
    )
    # The poll's row is not moved here: a polling worker has locked it and waits for the workflow,
    # which this transaction has locked, so that would be a deadlock.
    outbox.enqueue(WAKE, mailbox.pk)
    return {made.pk}
