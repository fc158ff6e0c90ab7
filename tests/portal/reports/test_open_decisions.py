"""Decisions that a report asks for."""

from datetime import timedelta

import pytest

from portal.links import Links
from portal.reports.present import page
from tenants.models import Source
from tenants.scope import tenant_scope
from tests.portal.history import REPORT_DAY, item
from tests.portal.reports.report_kit import DAY, WEEK, report_of
from tests.world import World

pytestmark = pytest.mark.django_db


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
