"""Triggers of a workflow, schedules and mail, in words for its page."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from workflows.definitions import cron
from workflows.models import Trigger, Workflow
from workflows.triggers import selectors


@dataclass(frozen=True, slots=True)
class Start:
    """One trigger. ``next_due`` reads "Mon 23 Nov 09:00", in the schedule's own time zone."""

    said: str
    next_due: str
    zone: str
    in_client_zone: str
    mailbox: str
    last_at: datetime | None
    last_run_id: UUID | None
    problem: str
    problem_at: datetime | None
    way_out: str


def starts(workflow: Workflow) -> list[Start]:
    """Return the triggers of a workflow in words, with one query."""
    return [_start(trigger) for trigger in selectors.triggers_of(workflow)]


def _start(trigger: Trigger) -> Start:
    if trigger.kind == "mail":
        return _from_mail(trigger)
    zone = trigger.zone_used or "UTC"
    return Start(
        said=cron.cron_in_words(trigger.cron),
        next_due=_due(trigger, ZoneInfo(zone)),
        zone=zone,
        in_client_zone=_in_clients_zone(trigger, zone),
        mailbox="",
        last_at=trigger.last_at,
        last_run_id=trigger.last_run_id,
        problem=trigger.problem,
        problem_at=trigger.problem_at,
        way_out="It is tried again at the next time. Start a run by hand if it can't wait.",
    )


def _due(trigger: Trigger, zone: tzinfo) -> str:
    return f"{trigger.next_due.astimezone(zone):%a %-d %b %H:%M}" if trigger.next_due else ""


def _in_clients_zone(trigger: Trigger, zone: str) -> str:
    """Return the next due time in the active time zone; empty where the schedule uses that one."""
    if zone == timezone.get_current_timezone_name():
        return ""
    return _due(trigger, timezone.get_current_timezone())


def _from_mail(trigger: Trigger) -> Start:
    mailbox = trigger.mailbox
    problem, at = mailbox.problem, mailbox.looked_at
    way_out = "Mail waits in the mailbox; nothing is lost. Your provider looks after it."
    if not problem and trigger.problem:
        problem, at = trigger.problem, trigger.problem_at
        way_out = "The mail stays in the mailbox. Answer it by hand, or start a run by hand."
    return Start(
        said=f"from mail to {mailbox.address}",
        next_due="",
        zone="",
        in_client_zone="",
        mailbox=mailbox.name,
        last_at=trigger.last_at,
        last_run_id=trigger.last_run_id,
        problem=problem,
        problem_at=at,
        way_out=way_out,
    )
