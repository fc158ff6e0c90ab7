"""Making weekly reports: what they count, and that they stay as they are."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from audit.services import record_about
from audit.verbs import Verb
from portal.links import Links
from portal.reports.drilldown import opened
from portal.reports.make import make_report
from portal.reports.models import Report
from portal.reports.present import page
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Conflict
from tenants.models import Source, Tenant
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, REPORT_DAY, decided, drafts_only, item
from tests.world import Client, World, make_world
from workflows.models import Call
from workflows.services.definitions import change_rung

pytestmark = pytest.mark.django_db
WEEK = date(2026, 11, 9)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    with clock.at(MONDAY - 30 * DAY):
        made = make_world()
        for client in (made.harbor, made.quill, made.sable):
            drafts_only(client, made.staff(client, made.admin))
    return made


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


def test_a_report_counts_its_week_and_compares_it_with_the_one_before(world: World) -> None:
    busy_week(world.harbor)
    numbers = report_of(world.harbor).numbers
    assert numbers["counts"] == {
        "decided": 7,
        "accepted": 3,
        "corrected": 1,
        "rejected": 2,
        "taken_over": 1,
        "stepped_in": 4,
        "expired": 0,
    }
    shown = page(numbers, WEEK, Links("/"))
    assert shown["headline_text"].startswith(
        "Of seven pieces of work, you accepted three as written."
    )
    notes = [(card["note"], (card["link"] or {}).get("said", "")) for card in shown["cards"]]
    assert notes[0] == ("43%", "down from 100%")
    assert notes[2] == ("", "2 missed context")
    assert notes[3] == ("", "never the week before")
    assert [(bar["label"], bar["decided"]) for bar in numbers["weeks"]] == [
        ("2 Nov", 1),
        ("9 Nov", 7),
    ]


def test_the_moments_of_the_week_are_grouped_with_a_sentence(world: World) -> None:
    busy_week(world.harbor)
    lines = report_of(world.harbor).numbers["stepped_in"]["lines"]
    assert [(line["title"], line["aside"]) for line in lines] == [
        ("Refund replies: rejected, missed context", "2 times"),
        ("Refund replies: accepted after an edit", "once"),
        ("Refund replies: taken over by a person", "once"),
    ]
    assert lines[0]["said"] == "“She wrote before.”"


def test_every_number_is_the_length_of_its_list(world: World) -> None:
    busy_week(world.harbor)
    report = report_of(world.harbor)
    numbers, items = report.numbers, report.items
    for name, count in numbers["counts"].items():
        assert len(items[name]) == count, name
    for card in numbers["cards"]:
        assert len(items[card["bucket"]]) == card["count"]
    for bar in numbers["weeks"]:
        assert bar["week"] == "2026-11-09"
        assert len(items[bar["bucket"]]) == bar["decided"]
    for line in numbers["stepped_in"]["lines"]:
        assert len(items[line["bucket"]]) == line["count"]
    assert len(items["rejected-missed_context"]) == 2
    assert len(items["cost"]) == numbers["cost"]["runs"]
    for bucket, ids in items.items():
        assert len(ids) == len(set(ids)), bucket


def test_opening_a_number_lists_exactly_its_items(world: World) -> None:
    busy_week(world.harbor)
    report = report_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        shown = opened(report, "rejected", Links("/"), ZoneInfo("UTC"))
        assert shown is not None
        rejected = ReviewItem.objects.filter(choice="reject")
        assert {line.id for line in shown.lines} == {str(row.pk) for row in rejected}
        assert opened(report, "nothing-like-it", Links("/"), ZoneInfo("UTC")) is None


def test_a_later_decision_changes_no_frozen_number(world: World) -> None:
    item(world.harbor, MONDAY)
    report_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        first = Report.objects.get()
    # Late, but dated into the week that is reported: the report stays as it is.
    decided(world.harbor, "accept", MONDAY + 2 * DAY)
    again = report_of(world.harbor, at=REPORT_DAY + DAY)
    assert again.pk == first.pk
    assert again.numbers == first.numbers
    assert again.items == first.items
    assert again.numbers["counts"]["decided"] == 0


def test_the_next_report_compares_with_what_was_frozen(world: World) -> None:
    busy_week(world.harbor)
    report_of(world.harbor)
    decided(world.harbor, "accept", MONDAY + 3 * DAY)  # after the fact
    decided(world.harbor, "accept", MONDAY + 7 * DAY)
    following = report_of(world.harbor, WEEK + 7 * DAY, REPORT_DAY + 7 * DAY)
    card = following.numbers["cards"][0]
    assert (card["note"], card["link"]["said"]) == ("100%", "up from 43%")
    assert (card["link"]["week"], card["link"]["bucket"]) == ("2026-11-09", "decided")
    bars = {bar["label"]: bar["decided"] for bar in following.numbers["weeks"]}
    assert bars == {"2 Nov": 1, "9 Nov": 7, "16 Nov": 1}
    assert "week-2026-11-09" not in following.items
    assert len(following.items["week-2026-11-02"]) == 1


def test_the_database_refuses_to_change_a_report(world: World) -> None:
    report = report_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(Exception, match="permission denied"):
        Report.objects.filter(pk=report.pk).update(numbers={})


def test_a_week_that_is_not_over_has_no_report(world: World) -> None:
    with pytest.raises(Conflict):
        report_of(world.harbor, at=REPORT_DAY - DAY)


def test_the_week_is_the_tenants_own(world: World) -> None:
    tenant = world.harbor.tenant
    Tenant.objects.filter(pk=tenant.pk).update(timezone="Pacific/Auckland")
    # Monday 9 November has begun in Auckland and Sunday has not ended in London.
    decided(world.harbor, "accept", datetime(2026, 11, 8, 12, tzinfo=UTC))
    decided(world.quill, "accept", datetime(2026, 11, 8, 12, tzinfo=UTC))
    assert report_of(world.harbor).numbers["counts"]["decided"] == 1
    assert report_of(world.quill).numbers["counts"]["decided"] == 0


def test_what_waits_and_what_went_stale_is_asked_for(world: World) -> None:
    client = world.harbor
    waits = item(client, REPORT_DAY - timedelta(hours=3))
    with tenant_scope(client.tenant.pk):
        Source.objects.filter(name="orders").update(verified_at=REPORT_DAY - DAY)
        Source.objects.filter(name="returns-policy").update(verified_at=REPORT_DAY - 95 * DAY)
        policy = Source.objects.get(name="returns-policy")
    numbers = (report := report_of(client)).numbers
    assert report.items["decisions"] == [str(policy.pk), str(waits.pk)]
    assert numbers["decisions"]["lines"][0]["said"] == (
        "Not verified for 95 days; workflows stopped using it on Wednesday."
    )
    assert "Two decisions need you." in page(numbers, WEEK, Links("/"))["headline_text"]


def test_an_undone_action_is_a_moment_somebody_stepped_in(world: World) -> None:
    client = world.quill
    with clock.at(MONDAY), tenant_scope(client.tenant.pk):
        admin = world.staff(client, world.admin)
        change_rung(client.workflow, rung="execute_with_approval", actor=admin)
    found = item(client, MONDAY)
    with clock.at(MONDAY + DAY), tenant_scope(client.tenant.pk):
        act = found.proposals.order_by("position")[0]
        for _ in range(2):  # told twice, counted once
            record_about(
                Verb.EFFECT_UNDONE,
                kind="proposal",
                object_id=act.pk,
                label="refund",
                actor=SYSTEM,
                reason="Customer had been refunded by phone.",
            )
    numbers = (report := report_of(client)).numbers
    assert numbers["counts"]["stepped_in"] == 1
    assert numbers["stepped_in"]["lines"][0]["title"] == "Shop refund undone"
    with tenant_scope(client.tenant.pk):
        shown = opened(report, "stepped_in", Links("/"), ZoneInfo("UTC"))
        assert shown is not None
        assert [line.id for line in shown.lines] == [str(act.pk)]


def test_the_cost_of_the_week_opens_its_runs(world: World) -> None:
    first = decided(world.harbor, "accept", MONDAY)
    decided(world.harbor, "accept", MONDAY)
    before = decided(world.harbor, "accept", MONDAY - 2 * DAY)
    with tenant_scope(world.harbor.tenant.pk):
        Call.objects.filter(run_id__in=[first.run_id, before.run_id]).update(cost_micros=2_050_000)
        calls = Call.objects.filter(run_id=first.run_id).count()
    report = report_of(world.harbor)
    assert report.numbers["cost"]["micros"] == 2_050_000 * calls
    assert report.items["cost"] == [str(first.run_id)]


def test_a_report_takes_as_many_queries_for_many_items_as_for_few(world: World) -> None:
    decided(world.quill, "accept", MONDAY)
    busy_week(world.harbor)
    decided(world.quill, "accept", MONDAY - 7 * DAY)
    counts = []
    for client in (world.quill, world.harbor):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            report_of(client)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 35


def test_reports_of_others_stay_behind_the_wall(
    world: World, super_connection: psycopg.Connection
) -> None:
    decided(world.quill, "accept", MONDAY, subject="CANARY-QUILL")
    report_of(world.quill)
    mine = report_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        assert list(Report.objects.values_list("pk", flat=True)) == [mine.pk]
    assert "CANARY" not in str(mine.numbers)
