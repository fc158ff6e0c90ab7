"""Rows that a week's report counts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from audit.services import record_about
from audit.verbs import Verb
from portal.links import Links
from portal.reports.drilldown import opened
from tenants import clock
from tenants.actors import SYSTEM
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.portal.history import MONDAY, decided, item
from tests.portal.reports.report_kit import DAY, report_of
from tests.world import World
from workflows.services.definitions import change_rung

pytestmark = pytest.mark.django_db


def test_the_week_is_the_tenants_own(world: World) -> None:
    tenant = world.harbor.tenant
    Tenant.objects.filter(pk=tenant.pk).update(timezone="Pacific/Auckland")
    # Monday 9 November has begun in Auckland and Sunday has not ended in London.
    decided(world.harbor, "accept", datetime(2026, 11, 8, 12, tzinfo=UTC))
    decided(world.quill, "accept", datetime(2026, 11, 8, 12, tzinfo=UTC))
    assert report_of(world.harbor).numbers["counts"]["decided"] == 1
    assert report_of(world.quill).numbers["counts"]["decided"] == 0


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
