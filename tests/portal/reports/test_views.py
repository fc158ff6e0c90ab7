"""The pages of the weekly report, as each role sees them."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from portal.links import Links
from portal.reports.drilldown import opened
from portal.reports.make import make_report
from portal.reports.models import Report
from tenants import clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, REPORT_DAY, decided, drafts_only
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAGE = "/t/harbor-pine/reports/2026-11-09/"


@pytest.fixture
def world() -> World:
    with clock.at(MONDAY):
        made = make_world()
        for client in (made.harbor, made.quill):
            drafts_only(client, made.staff(client, made.admin))
    decided(made.harbor, "accept", MONDAY, subject="Lamp")
    decided(made.harbor, "accept", MONDAY + DAY, subject="Stool")
    decided(made.harbor, "reject", MONDAY, subject="<i>Shelf</i>", reason="tone", words="<b>No</b>")
    decided(made.quill, "accept", MONDAY, subject="CANARY-QUILL")
    for client in (made.harbor, made.quill):
        with clock.at(REPORT_DAY), tenant_scope(client.tenant.pk):
            make_report(MONDAY.date())
    return made


def browser(user: User) -> Browser:
    found = Browser()
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


def page(user: User, path: str = PAGE) -> str:
    response = browser(user).get(path)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


@pytest.mark.parametrize("who", ["owner", "approver", "viewer"])
def test_every_member_reads_the_report(world: World, who: str) -> None:
    html = page(getattr(world.harbor, who))
    assert "three pieces of work" in html
    assert "week of 9 to 15 November 2026 · prepared by Northlight Operations" in html
    assert "“&lt;b&gt;No&lt;/b&gt;”" in html
    assert "CANARY" not in html


def test_every_link_of_a_report_opens(world: World) -> None:
    web = browser(world.harbor.owner)
    links = set(re.findall(r'href="(/t/harbor-pine/reports/[^"]+)"', page(world.harbor.owner)))
    assert PAGE + "accepted/" in links
    assert PAGE + "rejected-tone/" in links
    for link in links:
        assert web.get(link).status_code == 200, link


def test_a_number_opens_exactly_what_it_counted(world: World) -> None:
    # Two more in the same week, decided after the report was frozen.
    decided(world.harbor, "accept", MONDAY + 2 * DAY, subject="Late")
    html = page(world.harbor.owner, PAGE + "accepted/")
    assert re.findall(r">(Lamp|Stool|Late|&lt;i&gt;Shelf&lt;/i&gt;)</a>", html) == ["Stool", "Lamp"]
    assert "Accepted as written: 2" in html
    assert "by Owner Harbor &amp; Pine" in html


def test_a_long_list_is_read_in_pages_without_gaps(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        report = Report.objects.get()
        ids = sorted(report.items["decided"], reverse=True)
        many = [f"{n:08x}-0000-7000-8000-000000000000" for n in range(120)] + ids
        report.items["decided"] = many
        seen, start = [], ""
        while start is not None:
            shown = opened(report, "decided", Links("/"), ZoneInfo("UTC"), start)
            assert shown is not None
            assert shown.count == 123
            seen.append((shown.newer, shown.older, len(shown.lines)))
            start = shown.older
    ranked = sorted(many, reverse=True)
    assert seen == [
        (None, ranked[50], 3),
        (ranked[0], ranked[100], 0),
        (ranked[50], None, 0),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "2026-11-16/",
        "2026-11-10/",
        "not-a-week/",
        "2026-11-09/no-such-number/",
        "2026-11-16/decided/",
        "?before=never",
    ],
)
def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    assert browser(world.harbor.owner).get("/t/harbor-pine/reports/" + path).status_code == 404


def test_a_stranger_finds_nothing(world: World) -> None:
    assert browser(world.quill.owner).get(PAGE).status_code == 404


def test_the_list_shows_the_tenants_own_reports(world: World) -> None:
    html = page(world.harbor.owner, "/t/harbor-pine/reports/")
    assert html.count('href="/t/harbor-pine/reports/2026-11-09/"') == 1
    assert "Of three pieces of work, you accepted two as written." in html


def test_a_report_is_shown_without_inline_style_or_script(world: World) -> None:
    html = page(world.harbor.owner)
    body = html[html.index("<body") :]
    assert " style=" not in body
    assert "<script" not in body


def test_opening_a_number_takes_a_fixed_number_of_queries(world: World) -> None:
    web = browser(world.harbor.owner)
    counts = []
    for bucket in ("rejected", "decided"):
        with CaptureQueriesContext(connection) as queries:
            web.get(PAGE + bucket + "/")
        counts.append(len(queries))
    assert counts[0] == counts[1] < 25
