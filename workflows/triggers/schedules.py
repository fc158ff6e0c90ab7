"""Schedules: start a workflow's runs at the times of its cron texts.

Each schedule has one outbox row, which its handler postpones to the next time. Times that were
missed while the workflow was paused, the client stopped or the workers down are made up for by
one run.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from audit import outbox
from audit.worker import schedule
from tenants import clock
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from workflows.definitions import cron
from workflows.models import Trigger, Workflow
from workflows.services.runs import own_key, start_run
from workflows.services.triggers import DUE
from workflows.triggers.starting import STARTER, is_stopped

RECHECK_AFTER = timedelta(minutes=1)
LATE_AFTER = timedelta(minutes=5)


def register() -> None:
    """Register the handler of due schedules."""
    outbox.register(DUE, outbox.FunctionHandler(start_scheduled_run, note_schedule_failure))


def start_scheduled_run(claim: outbox.Claim) -> outbox.Postpone | None:
    """Handler of ``trigger.due``: start the run of a due schedule and postpone to the next time."""
    found = Trigger.objects.filter(pk=claim.object_id).first()
    if found is None:
        return None
    # Publishing locks the workflow first too: in one order there is no deadlock.
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=found.workflow_id)
    trigger = Trigger.objects.filter(pk=claim.object_id).first()
    if trigger is None or trigger.next_due is None:
        return None
    now = clock.now()
    zone, due = _due(trigger, trigger.next_due)
    if due is None or due > now:
        return _postpone_to(trigger, zone, due, now)
    # Checked again later with the due time kept, so that one run makes up for the missed times.
    if is_stopped(workflow):
        return outbox.Postpone(RECHECK_AFTER)
    _start(trigger, workflow, due, now)
    return _postpone_to(trigger, zone, cron.next_due(trigger.cron, zone, now), now, last_due=due)


def _due(trigger: Trigger, kept: datetime) -> tuple[ZoneInfo, datetime | None]:
    """Return a schedule's time zone and due time, worked out anew if the client's zone changed."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    zone = ZoneInfo(trigger.zone or tenant.timezone)
    if zone.key == trigger.zone_used:
        return zone, kept
    return zone, cron.next_due(trigger.cron, zone, trigger.last_due or trigger.made_at)


def _postpone_to(
    trigger: Trigger,
    zone: ZoneInfo,
    due: datetime | None,
    now: datetime,
    *,
    last_due: datetime | None = None,
) -> outbox.Postpone | None:
    more = {"last_due": last_due} if last_due else {}
    Trigger.objects.filter(pk=trigger.pk).update(next_due=due, zone_used=zone.key, **more)
    return outbox.Postpone(due - now) if due else None


def _start(trigger: Trigger, workflow: Workflow, due: datetime, now: datetime) -> None:
    """Start the run of one due time, and store the result or the problem on the trigger."""
    said = f"Schedule: {cron.cron_in_words(trigger.cron)}"
    if now - due > LATE_AFTER:
        local = due.astimezone(ZoneInfo(trigger.zone_used))
        said += f" (due {local:%a %-d %b %H:%M}, {local.tzinfo})"
    rows = Trigger.objects.filter(pk=trigger.pk)
    try:
        # A savepoint: a refused run must not undo the postponing of the schedule.
        with transaction.atomic():
            run, _ = start_run(
                workflow,
                input=trigger.input,
                trigger="schedule",
                actor=STARTER,
                asked_by=said,
                # The key has the due minute, so a job that runs twice starts one run.
                idempotency_key=own_key("schedule", trigger.pk, f"{due:%Y%m%dT%H%MZ}"),
            )
    except DomainError as error:
        rows.update(problem=error.message, problem_at=now)
    else:
        rows.update(last_at=now, last_run_id=run.pk, problem="", problem_at=None)


def note_schedule_failure(claim: outbox.Claim, error: str) -> None:
    """Store the problem of a schedule whose job failed again and again, and try later anew."""
    now = clock.now()
    problem = f"It could not be started: {error[:300]}"
    rows = Trigger.objects.filter(pk=claim.object_id)
    if rows.update(problem=problem, problem_at=now):
        schedule.set_due(DUE, claim.object_id, now + schedule.REST)


def move_schedules_to_zone(tenant: Tenant) -> int:
    """Set the due times of the schedules in the client's own time zone, after it has changed.

    Returns their number. Times that were missed are not made up for.
    """
    zone, now = ZoneInfo(tenant.timezone), clock.now()
    rows = Trigger.objects.filter(kind="schedule", zone="").exclude(zone_used=zone.key)
    for trigger in rows:
        due = cron.next_due(trigger.cron, zone, now)
        if due is not None:
            schedule.set_due(DUE, trigger.pk, due)
        Trigger.objects.filter(pk=trigger.pk).update(next_due=due, zone_used=zone.key)
    return len(rows)
