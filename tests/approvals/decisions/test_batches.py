"""Several items decided at once: all alike, with a result for each."""

import pytest

from approvals.decisions.batch_rules import batch_key
from approvals.decisions.batches import Picked, decide_all
from approvals.models import Decision, ReviewItem
from audit import outbox
from tenants.errors import Invalid
from tests.lanes import Lane, open_lane
from tests.undo_kit import make_undoable

pytestmark = pytest.mark.django_db
REFUNDS = """
workflow: refunds
title: Refunds
rung: execute_with_approval
brief: {why: "Pay back."}
sources: [orders]
steps:
  - name: refund
    act:
      tool: shop.refund
      args: {order: "input.order_id", amount: "{'value': 100, 'currency': 'USD'}"}
"""


def lane_items(lane: Lane, count: int) -> list[ReviewItem]:
    lane.use(REFUNDS)
    for _ in range(count):
        lane.start()
    return list(ReviewItem.objects.filter(status="waiting").order_by("id"))


def test_actions_that_can_be_undone_are_carried_out_each() -> None:
    with open_lane() as lane:
        make_undoable(lane)
        before = len(lane.shop.requests)
        items = lane_items(lane, 3)
        picked = [Picked(item.pk, item.content_hash) for item in items]
        results = decide_all(picked, "accept", actor=lane.client.actor())
        outbox.drain()
        assert [result.problem for result in results] == ["", "", ""]
        assert len(lane.shop.requests) == before + 3


def test_items_of_two_workflows_are_not_alike() -> None:
    with open_lane() as lane:
        make_undoable(lane)
        items = lane_items(lane, 1)
        other = lane_items_of_another(lane)
        picked = [Picked(item.pk, item.content_hash) for item in (*items, other)]
        with pytest.raises(Invalid) as refused:
            decide_all(picked, "accept", actor=lane.client.actor())
        assert refused.value.code == "not_alike"
        assert not Decision.objects.filter(item__in=items).exists()


def test_what_stands_only_in_a_strangers_text_is_decided_by_itself() -> None:
    with open_lane() as lane:
        make_undoable(lane)
        items = lane_items(lane, 2)
        mark = {"path": "order", "of": "", "said": "the mail", "trust": "stranger", "quote": "A-17"}
        evidence = items[1].evidence
        picked = [Picked(item.pk, item.content_hash) for item in items]
        ReviewItem.objects.filter(pk=items[1].pk).update(
            evidence=evidence | {"origins": {"refund": [mark]}}
        )
        with pytest.raises(Invalid, match="stands only in a stranger's text") as refused:
            decide_all(picked, "accept", actor=lane.client.actor())
        assert refused.value.code == "one_by_one"
        assert not Decision.objects.filter(item__in=items).exists()
        strange = ReviewItem.objects.get(pk=items[1].pk)
        # The queue offers no batch.
        assert batch_key(strange, list(strange.proposals.select_related("tool")), ()) == ""
        also = mark | {"also": "the order"}
        ReviewItem.objects.filter(pk=items[1].pk).update(
            evidence=evidence | {"origins": {"refund": [also]}}
        )
        results = decide_all(picked, "accept", actor=lane.client.actor())
        assert [result.problem for result in results] == ["", ""]


def lane_items_of_another(lane: Lane) -> ReviewItem:
    lane.use(REFUNDS.replace("workflow: refunds", "workflow: more-refunds"))
    lane.start()
    return ReviewItem.objects.filter(status="waiting").latest("id")
