"""The gate of an item's workflow at the effect: the runs above it, and the tool's own objection."""

from typing import Any

import pytest

from approvals.models import Tool
from audit import outbox
from audit.models import Outbox
from tenants.models import Tenant
from tests.lanes import Lane
from tests.workflows.handoff_kit import use
from workflows.engine.state.failures import UNFORESEEN
from workflows.services.definitions import change_rung


def test_a_host_that_is_no_longer_allowed_is_not_called(lane: Lane) -> None:
    lane.start()
    lane.say()
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])
    outbox.drain()
    lane.pass_time(minutes=5)
    assert lane.shop.requests == []
    assert "allowed hosts" in lane.exception().draft["problem"]
    assert lane.statuses() == {"refund": "refused", "send": "cancelled"}
    assert not Outbox.objects.filter(parked_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [({}, UNFORESEEN), ({"url": 5}, UNFORESEEN), ({"url": "nonsense"}, "no plain http")],
)
def test_a_tool_whose_settings_make_no_sense_did_surely_not_act(
    lane: Lane, settings: dict[str, Any], said: str
) -> None:
    lane.start()
    lane.say()
    Tool.objects.filter(name="shop.refund").update(settings=settings)
    outbox.drain()
    assert lane.statuses()["refund"] == "refused"
    assert said in lane.exception().draft["problem"]
    assert lane.shop.requests == []


def test_lowering_the_rung_above_stops_what_was_approved_below(lane: Lane) -> None:
    """A6. The gate looks at the whole line again when a permit is redeemed."""
    top = use(lane)
    lane.start()
    lane.say()
    change_rung(top, rung="draft_only", actor=lane.world.staff(lane.client))
    lane.pass_time(seconds=1)
    assert lane.permits() == ["void"]
    assert lane.post.messages == []
