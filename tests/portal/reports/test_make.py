"""Making weekly reports: what they count, and that they stay as they are."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.links import Links
from portal.reports.models import Report
from portal.reports.present import page
from tenants.errors import Conflict
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, REPORT_DAY, decided, item
from tests.portal.reports.report_kit import DAY, WEEK, busy_week, report_of
from tests.world import World

pytestmark = pytest.mark.django_db


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
