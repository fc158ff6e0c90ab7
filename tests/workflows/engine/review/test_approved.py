"""Approved actions after their run has ended: withdrawn, or settled by an answer that came late."""

import pytest

from approvals.gate.tools import change_tool
from tests.approvals.changes import tool
from tests.lanes import Lane
from tests.workflows.engine.tries_kit import wait
from workflows.services.runs import cancel_run


def test_a_run_that_is_cancelled_before_another_try_leaves_nothing_executing(lane: Lane) -> None:
    """Case D4: the shop was busy, so it surely was not done; no undo waits for it for ever."""
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200)
    run = lane.start()
    lane.decide()
    cancel_run(run.pk, actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "failed"


@pytest.mark.parametrize(("way", "then"), [("happened", "executed"), ("did_not", "failed")])
def test_a_run_that_is_cancelled_when_nobody_knows_is_looked_at(
    lane: Lane, way: str, then: str
) -> None:
    """Case D4★."""
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), takes_key=True)
    first = iter([500])
    lane.shop.status = lambda request: next(first, 200)
    run = lane.start()
    lane.decide()
    cancel_run(run.pk, actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "in_doubt"
    assert "may or may not have happened" in lane.exception().draft["problem"]
    lane.resolve(way)
    assert lane.statuses()["refund"] == then
    assert lane.run().status == "cancelled"


def test_a_run_cancelled_after_approval_does_nothing_more(lane: Lane) -> None:
    run = lane.start()
    lane.say()
    cancel_run(run.pk, actor=lane.client.actor())
    lane.pass_time(days=2)
    assert lane.shop.requests == []
    assert lane.permits() == ["void", "void"]
    assert lane.statuses() == {"refund": "cancelled", "send": "cancelled"}
