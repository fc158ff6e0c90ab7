"""Periodic jobs by the calendar: the weekly report and the daily seal of the record.

Each tenant has one outbox row for each, due at its own local time. The handler postpones
the row to the next time, so the row is the schedule (``audit.worker.schedule``).
"""

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from audit import outbox
from audit.services.seals import seal
from audit.worker import schedule
from portal import notices
from portal.reports.make import make_report
from portal.reports.selectors import report
from portal.reports.week import newest_due, next_daily, week_of
from tenants import clock
from tenants.models import Tenant
from workflows.engine.calls.kept_answers import delete_expired

REPORT, SEAL = "report.make", "record.seal"
SEALED_AT = time(4)  # local
AT_ONCE = 1000


def begin_periodic() -> None:
    """Insert the rows of tenants that lack them, AT_ONCE at most, and revive parked ones.

    Cheap, and safe to run in many workers at once.
    """
    for topic, first in FIRST.items():
        lacking = schedule.tenants_lacking(topic)[:AT_ONCE]
        due = {tenant.pk: first(tenant) for tenant in lacking}
        if due:
            schedule.begin(topic, due)
    schedule.revive(*FIRST)


def report_due(claim: outbox.Claim) -> outbox.Postpone:
    """Handler of ``report.make``: make last week's report and enqueue its mails, once.

    Postpones the row to the next report's time.
    """
    tenant = Tenant.objects.get(pk=claim.object_id)
    now = clock.now()
    week = newest_due(now, ZoneInfo(tenant.timezone))
    if week.end > tenant.made_at and report(week.monday) is None:
        notices.send_report(make_report(week.monday))
    return outbox.Postpone(week.later(1).due - now)


def seal_due(claim: outbox.Claim) -> outbox.Postpone:
    """Handler of ``record.seal``: seal the new events, and postpone the row to tomorrow.

    Answers of models that are kept no longer are deleted with it, once a day.
    """
    tenant = Tenant.objects.get(pk=claim.object_id)
    seal()
    delete_expired()
    now = clock.now()
    return outbox.Postpone(next_daily(now, SEALED_AT, ZoneInfo(tenant.timezone)) - now)


def _first_report(tenant: Tenant) -> datetime:
    """Return the first report's due time, long past where an older tenant's row was lost."""
    return week_of(tenant.made_at, ZoneInfo(tenant.timezone)).due


def _first_seal(tenant: Tenant) -> datetime:
    return next_daily(clock.now(), SEALED_AT, ZoneInfo(tenant.timezone))


FIRST: dict[str, Callable[[Tenant], datetime]] = {REPORT: _first_report, SEAL: _first_seal}
