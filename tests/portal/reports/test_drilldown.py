"""Numbers of a report open exactly what they counted."""

from zoneinfo import ZoneInfo

import pytest

from approvals.models import ReviewItem
from portal.links import Links
from portal.reports.drilldown import opened
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, decided
from tests.portal.reports.report_kit import DAY, busy_week, report_of
from tests.world import World
from workflows.models import Call

pytestmark = pytest.mark.django_db


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


def test_a_call_at_an_unknown_price_is_counted_apart_and_never_as_free(world: World) -> None:
    first = decided(world.harbor, "accept", MONDAY)
    second = decided(world.harbor, "accept", MONDAY)
    with tenant_scope(world.harbor.tenant.pk):
        Call.objects.filter(run_id=first.run_id, kind="model").update(cost_micros=None)
        Call.objects.filter(run_id=second.run_id, kind="model").update(cost_micros=20_000)
        report = report_of(world.harbor)
        assert report.numbers["cost"]["said"] == "$0.02 and 1 call at an unknown price"
        assert set(report.items["cost"]) == {str(first.run_id), str(second.run_id)}
        shown = opened(report, "cost", Links("/"), ZoneInfo("UTC"))
    assert shown is not None
    assert {line.aside for line in shown.lines} == {"$0.02", "1 call at an unknown price"}
