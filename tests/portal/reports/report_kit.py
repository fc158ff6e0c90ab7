"""Weeks of a client and their reports."""

from datetime import date, datetime, timedelta

from portal.reports.make import make_report
from portal.reports.models import Report
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, REPORT_DAY, decided
from tests.world import Client

WEEK = date(2026, 11, 9)
DAY = timedelta(days=1)


def busy_week(client: Client) -> None:
    """Seven decisions in the week of 9 November, and one in the week before."""
    decided(client, "accept", MONDAY - 7 * DAY)
    for n in range(3):
        decided(client, "accept", MONDAY + n * DAY)
    decided(client, "correct", MONDAY, draft="Hi Mia,\n\nall shorter.")
    for words in ("She wrote before.", ""):
        decided(client, "reject", MONDAY + DAY, reason="missed_context", words=words)
    decided(client, "take_over", MONDAY + 2 * DAY)


def report_of(client: Client, week: date = WEEK, at: datetime = REPORT_DAY) -> Report:
    with clock.at(at), tenant_scope(client.tenant.pk):
        return make_report(week)
