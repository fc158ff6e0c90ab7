"""Reports and seals by the calendar: once a week and once a day, whoever asks how often."""

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import outbox
from audit.models import Event, Outbox, Seal
from audit.verbs import Verb
from audit.worker import schedule
from portal import periodic
from portal.notices.models import Notice
from portal.reports.models import Report
from tenants import clock
from tenants.models import Provider, Tenant, User
from tenants.scope import tenant_scope
from tenants.services.people import add_member
from tenants.services.tenants import make_tenant
from tests.fakes.smtp import SmtpSink
from tests.portal.history import MONDAY, REPORT_DAY
from tests.sealing import wait_for_older
from tests.world import admin_actor, make_world

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parent.parent.parent


def tick(moment: datetime, times: int = 1) -> None:
    """What the scheduler and the workers do at one moment."""
    with clock.at(moment):
        for _ in range(times):
            periodic.begin_periodic()
            outbox.drain()


def report_weeks(tenant_id: UUID) -> list[str]:
    with tenant_scope(tenant_id):
        return [
            str(week) for week in Report.objects.order_by("week").values_list("week", flat=True)
        ]


@pytest.fixture
def tenants(db: None) -> dict[str, Tenant]:
    """Three clients around the world, made in the week of 9 November."""
    Provider.objects.create(name="Northlight Operations")
    admin = User.objects.create(email="a@northlight.example", is_staff=True, staff_role="admin")
    zones = {"auckland": "Pacific/Auckland", "berlin": "Europe/Berlin", "lima": "America/Lima"}
    with clock.at(MONDAY):
        return {
            slug: make_tenant(slug=slug, name=slug.title(), timezone=zone, actor=admin_actor(admin))
            for slug, zone in zones.items()
        }


def test_each_tenant_gets_its_report_on_its_own_monday_at_seven(tenants: dict[str, Tenant]) -> None:
    for slug, tenant in tenants.items():
        due = datetime(2026, 11, 16, 7, tzinfo=ZoneInfo(tenant.timezone))
        tick(due - timedelta(minutes=1))
        assert report_weeks(tenant.pk) == [], slug
        tick(due, times=3)
        assert report_weeks(tenant.pk) == ["2026-11-09"], slug


def test_the_report_comes_back_every_week_and_only_once(tenants: dict[str, Tenant]) -> None:
    for day in range(22):
        tick(REPORT_DAY + day * DAY, times=2)
    assert report_weeks(tenants["berlin"].pk) == [
        "2026-11-09",
        "2026-11-16",
        "2026-11-23",
        "2026-11-30",
    ]


def test_a_schedule_that_was_lost_is_written_again_and_makes_nothing_twice(
    tenants: dict[str, Tenant],
) -> None:
    tick(REPORT_DAY)
    Outbox.objects.filter(topic=periodic.REPORT).delete()
    tick(REPORT_DAY + DAY)
    assert report_weeks(tenants["berlin"].pk) == ["2026-11-09"]
    assert Outbox.objects.filter(topic=periodic.REPORT).count() == len(tenants)


def test_a_tenant_gets_no_report_for_weeks_before_it_was_made(tenants: dict[str, Tenant]) -> None:
    tick(MONDAY + timedelta(hours=1))
    assert report_weeks(tenants["berlin"].pk) == []


def test_owing_in_many_copies_writes_one_row_a_tenant_and_topic(tenants: dict[str, Tenant]) -> None:
    with clock.at(MONDAY):
        due = {tenant.pk: MONDAY for tenant in tenants.values()}
        for _ in range(3):
            periodic.begin_periodic()
            schedule.begin(periodic.REPORT, due)  # as a copy that looked a moment earlier would
    topics = Counter(Outbox.objects.values_list("topic", flat=True))
    assert topics == {periodic.REPORT: 3, periodic.SEAL: 3}
    assert set(Outbox.objects.filter(topic=periodic.SEAL).values_list("id", flat=True)) == {
        schedule.row_id(periodic.SEAL, tenant.pk) for tenant in tenants.values()
    }


def test_looking_for_tenants_without_a_schedule_takes_a_fixed_number_of_queries(
    tenants: dict[str, Tenant],
) -> None:
    with clock.at(MONDAY):
        periodic.begin_periodic()
        with CaptureQueriesContext(connection) as queries:
            periodic.begin_periodic()
    assert len(queries) == 3


def test_a_parked_schedule_gets_another_turn_after_an_hour(tenants: dict[str, Tenant]) -> None:
    with clock.at(MONDAY):
        periodic.begin_periodic()
    row = schedule.row_id(periodic.REPORT, tenants["berlin"].pk)
    Outbox.objects.filter(pk=row).update(parked_at=REPORT_DAY, failures=5)
    tick(REPORT_DAY + timedelta(minutes=50))
    assert report_weeks(tenants["berlin"].pk) == []
    tick(REPORT_DAY + timedelta(minutes=70))
    assert report_weeks(tenants["berlin"].pk) == ["2026-11-09"]
    assert Outbox.objects.get(pk=row).failures == 0


def test_the_record_is_sealed_daily_and_the_report_prints_the_seal(committed: None) -> None:
    with clock.at(MONDAY):
        client = make_world().harbor
    tick(MONDAY + timedelta(minutes=1))
    wait_for_older(client.tenant.pk)
    tick(MONDAY + DAY)
    with tenant_scope(client.tenant.pk):
        first = Seal.objects.get()
    tick(REPORT_DAY)
    with tenant_scope(client.tenant.pk):
        report, seal = Report.objects.get(), Seal.objects.order_by("number").last()
        assert Event.objects.filter(verb=Verb.REPORT_MADE, object_id=report.pk).count() == 1
    assert seal is not None
    assert report.numbers["seal"]["sha256"] == seal.sha256
    assert report.numbers["seal"]["said"] == " ".join(seal.sha256[n : n + 4] for n in (0, 4, 8, 12))
    assert first.number == 1


# -- T6, thin: fifty tenants, killed half-way and run again -------------------------------

TENANTS = 50
WORKER = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from datetime import datetime
from audit import outbox
from tenants import clock
with clock.at(datetime.fromisoformat(os.environ["AT"])):
    outbox.drain()
"""


def canary(slug: str) -> str:
    return f"CANARY{slug.upper()}"


def test_fifty_reports_killed_half_way_go_out_once_each_with_nobody_elses_words(
    committed: None, settings: Any
) -> None:
    slugs = [f"client{n:02}" for n in range(TENANTS)]
    owners = _fifty(slugs)
    with clock.at(REPORT_DAY - timedelta(hours=2)):
        periodic.begin_periodic()
    with SmtpSink(delay=0.02) as post:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_PORT = post.port
        _killed_after(post, TENANTS // 2)
        # Past every lease; a real worker would have waited seconds.
        tick(REPORT_DAY + timedelta(minutes=2), times=2)
        mails = post.messages
    sent = Counter(mail["to"][0] for mail in mails)
    assert max(sent.values()) == 1
    doubtful = [to for to in owners.values() if _status(to) == "in_doubt"]
    assert len(doubtful) <= 1
    assert set(sent) | set(doubtful) == set(owners.values())
    assert all(_status(to) in ("sent", "in_doubt") for to in owners.values())
    for mail in mails:
        slug = mail["to"][0].split("@")[1].removesuffix(".example")
        for other in slugs:
            assert (canary(other) in mail["raw"]) == (other == slug), (slug, other)


def _fifty(slugs: list[str]) -> dict[str, str]:
    """Tenants with an owner and a name of their own; returns the owners' addresses."""
    Provider.objects.create(name="Northlight Operations")
    admin = User.objects.create(email="a@northlight.example", is_staff=True, staff_role="admin")
    owners = {}
    with clock.at(MONDAY):
        for slug in slugs:
            tenant = make_tenant(slug=slug, name=canary(slug), actor=admin_actor(admin))
            owner = User.objects.create(email=f"owner@{slug}.example", name="Owner")
            add_member(tenant, owner, role="owner")
            owners[slug] = owner.email
    return owners


def _killed_after(post: SmtpSink, mails: int) -> None:
    """Let another process work until so many mails are out, then kill it."""
    env = {
        **os.environ,
        "AT": REPORT_DAY.isoformat(),
        "HANDRAIL_SMTP_PORT": str(post.port),
        "HANDRAIL_SEND_HINTS": "0",
    }
    with subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env) as worker:
        deadline = time.monotonic() + 60
        while len(post.messages) < mails and time.monotonic() < deadline:
            assert worker.poll() is None, "the worker ended by itself"
            time.sleep(0.005)
        worker.kill()
    assert mails <= len(post.messages) < TENANTS


def _status(address: str) -> str:
    slug = address.split("@")[1].removesuffix(".example")
    with tenant_scope(Tenant.objects.get(slug=slug).pk):
        return Notice.objects.get().status
