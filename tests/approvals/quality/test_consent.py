"""A client's owner agrees to planted mistakes and sets the share of second looks."""

from typing import Any

import pytest

from approvals.models import Planted, ReviewItem
from approvals.quality.consent import agree_to_planting, set_second_looks, withdraw_planting
from approvals.quality.planting import PlantedMistake
from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tests.lanes import Lane
from workflows.services.planting import plant_mistake

pytestmark = pytest.mark.django_db


WRONG = {0: {"amount": {"value": 14820, "currency": "USD"}}}
WORDS = "the amount was $148 instead of $48.20"


def done(lane: Lane, choice: str = "accept", **more: Any) -> ReviewItem:
    """An item that was decided, its run over."""
    lane.start()
    item = lane.item()
    lane.decide(choice, **more)
    return ReviewItem.objects.get(pk=item.pk)


def agree(lane: Lane) -> None:
    agree_to_planting(actor=lane.client.actor())


def put(lane: Lane, item: ReviewItem, args: dict[int, Any] | None = None, **more: Any) -> Planted:
    mistake = PlantedMistake(
        **{"words": WORDS, "draft": None, "args": WRONG if args is None else args, **more}
    )
    return plant_mistake(item.pk, mistake, actor=lane.world.staff(lane.client))


def planted(lane: Lane) -> ReviewItem:
    agree(lane)
    found = put(lane, done(lane))
    return ReviewItem.objects.shown().get(pk=found.item_id)


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
