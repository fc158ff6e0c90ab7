"""What starts a workflow by itself, in words for its page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from workflows.models import Workflow
from workflows.triggers import selectors, words
from workflows.triggers.models import Trigger


@dataclass(frozen=True, slots=True)
class Start:
    """One way it starts. ``next_due`` reads "Mon 23 Nov 09:00", in the schedule's own zone."""

    said: str
    next_due: str
    zone: str
    mailbox: str
    last_at: datetime | None
    last_run_id: UUID | None
    problem: str
    problem_at: datetime | None
    way_out: str


def starts(workflow: Workflow) -> list[Start]:
    """How a workflow starts besides people and the API, with one query."""
    return [_start(trigger) for trigger in selectors.triggers_of(workflow)]


def _start(trigger: Trigger) -> Start:
    if trigger.kind == "mail":
        return _from_mail(trigger)
    due, zone = "", trigger.zone_used or "UTC"
    if trigger.next_due is not None:
        due = f"{trigger.next_due.astimezone(ZoneInfo(zone)):%a %-d %b %H:%M}"
    return Start(
        said=words.in_words(trigger.cron),
        next_due=due,
        zone=zone,
        mailbox="",
        last_at=trigger.last_at,
        last_run_id=trigger.last_run_id,
        problem=trigger.problem,
        problem_at=trigger.problem_at,
        way_out="It is tried again at the next time. Start a run by hand if it can't wait.",
    )


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
        mailbox=mailbox.name,
        last_at=trigger.last_at,
        last_run_id=trigger.last_run_id,
        problem=problem,
        problem_at=at,
        way_out=way_out,
    )
