"""A client's owner agrees to planted mistakes and sets the share of second looks."""

import pytest

from approvals.models import Planted
from approvals.quality.consent import agree_to_planting, set_second_looks, withdraw_planting
from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tests.approvals.planting_kit import agree, planted
from tests.lanes import Lane

pytestmark = pytest.mark.django_db


def test_who_agreed_and_when_is_kept_and_only_an_owner_may(lane: Lane) -> None:
    client = lane.client
    for actor in (
        client.actor(client.approver),
        lane.world.staff(client),
        lane.world.staff(client, lane.world.admin),
    ):
        with pytest.raises(Forbidden):
            agree_to_planting(actor=actor)
    agree(lane)
    tenant = lane.tenant()
    assert (tenant.planting_agreed_by, tenant.planting_agreed_at) == (client.owner, clock.now())
    with pytest.raises(Conflict):
        agree(lane)
    withdraw_planting(actor=client.actor())
    assert lane.tenant().planting_agreed_by is None
    assert lane.verbs()[-2:] == ["quality.planting_agreed", "quality.planting_withdrawn"]


def test_withdrawing_closes_what_waits(lane: Lane) -> None:
    item = planted(lane)
    withdraw_planting(actor=lane.client.actor())
    item.refresh_from_db()
    assert item.status == "cancelled"
    assert Planted.objects.get().outcome == "closed"
    assert set(item.proposals.values_list("status", flat=True)) == {"cancelled"}


def on(lane: Lane, percent: int = 20) -> None:
    set_second_looks(percent, actor=lane.client.actor())


def test_only_an_owner_sets_the_share_and_it_is_on_the_record(lane: Lane) -> None:
    client = lane.client
    for actor in (client.actor(client.approver), lane.world.staff(client, lane.world.admin)):
        with pytest.raises(Forbidden):
            set_second_looks(5, actor=actor)
    for percent in (-1, 21):
        with pytest.raises(Invalid):
            on(lane, percent)
    on(lane, 5)
    on(lane, 5)
    event = Event.objects.get(verb="quality.share_set")
    assert (event.before, event.after) == ({"percent": 0}, {"percent": 5})
