"""Whose clock a time is by is said wherever the reader's own could be another."""

import re
from pathlib import Path

import pytest
from django.utils import timezone

from portal.notices.item_mail import item_letter
from portal.reports.make import make_report
from portal.reports.week import week_of
from portal.templatetags.words import moment_with_zone
from portal.workflows.triggers import starts
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask
from tests.portal.visiting import text, visit
from tests.world import DEFINITION, World, make_world
from workflows.models import Workflow
from workflows.services.definitions import publish

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]


@pytest.fixture
def world() -> World:
    world = make_world()
    world.harbor.tenant.timezone = "America/New_York"
    world.harbor.tenant.save(update_fields=["timezone"])
    return world


def test_a_mail_about_an_item_names_the_zone_of_its_deadline(world: World) -> None:
    item = ask(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        sent = item_letter(item, "Waits", "It waits.")
    for said in (sent.text, sent.html, sent.brief):
        assert re.search(r"\d\d:\d\d \(America/New_York\)", said), said


def test_no_mail_writes_a_time_of_day_without_its_zone() -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "portal" / "notices").rglob("*.py")
        for line in path.read_text().splitlines()
        if "%H:%M" in line and "timezone})" not in line
    ]
    assert found == []


def test_a_weekly_report_keeps_the_zone_it_was_made_in(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        week = week_of(clock.now(), timezone.get_fixed_timezone(0))  # type: ignore[arg-type]
        with clock.at(week.later(1).due):
            assert make_report(week.monday).numbers["zone"] == "America/New_York"
    page = text(visit(world.harbor.owner, world.harbor).get(f"reports/{week.monday}/"))
    assert "Times are in America/New_York." in page


def test_a_schedule_in_another_zone_is_said_by_both_clocks(world: World) -> None:
    given = 'message: x, from: a@b.example, order_id: "1", subject: s'
    when = 'cron: "0 9 * * *", zone: Europe/Berlin'
    on = f"on: {{schedule: [{{{when}, input: {{{given}}}}}]}}\n"
    said = DEFINITION.replace("title:", f"{on}title:", 1)
    with tenant_scope(world.harbor.tenant.pk), timezone.override("America/New_York"):
        workflow = Workflow.objects.get(slug="refund-replies")
        publish(workflow, text=said, actor=world.staff(world.harbor))
        (start,) = starts(workflow)
    assert (start.next_due[-5:], start.zone) == ("09:00", "Europe/Berlin")
    assert start.in_client_zone[-5:] in ("03:00", "04:00")  # clocks change on different days
    page = text(visit(world.harbor.owner, world.harbor).get("workflows/refund-replies/"))
    assert f"09:00, Europe/Berlin; {start.in_client_zone}, America/New_York)" in page


def test_where_clients_of_several_zones_stand_each_time_has_its_name() -> None:
    assert moment_with_zone(None) == "never"
    with timezone.override("Europe/Berlin"):
        assert moment_with_zone(clock.now()).endswith(" Europe/Berlin")


def test_every_page_of_a_client_knows_whose_clock_it_goes_by(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    for path in ("review/", "runs/", "workflows/", "record/", "policies/", "people/"):
        page = owner.get(path).content.decode()
        assert 'data-zone="America/New_York"' in page, path
        assert '<noscript><p class="zone">Times here are in America/New_York.</p>' in page, path
