"""Case D7: how an undo ends, and what a person is told and may choose where it did not happen."""

import pytest

from approvals.decisions.undo import ask_undo
from approvals.gate.tools import add_tool, change_tool
from approvals.models import Proposal, Tool
from audit import outbox
from tenants.errors import Conflict
from tests.lanes import Lane
from tests.undo_kit import make_undoable, paths, refunded, undo
from tests.workflows.engine.tries_kit import wait
from tests.world import DEFINITION
from workflows.services.definitions import publish


def test_after_a_change_outside_nothing_is_undone_and_a_person_is_told(undoable: Lane) -> None:
    undoable.shop.body = lambda path: {"state": "paid"} if path == "/state" else {"ok": True}
    undo(undoable)
    assert paths(undoable) == ["/refunds", "/state"]
    assert undoable.statuses()["refund"] == "executed"
    assert undoable.undo_statuses()["refund"] == "refused"
    exception = undoable.exception()
    assert exception.title.endswith("was not undone. The bank has paid it out already.")
    assert exception.draft["options"] == ["undo_again", "close"]
    assert sorted(undoable.permits()) == ["redeemed", "redeemed", "void"]


def test_trying_again_from_the_exception_undoes_it(undoable: Lane) -> None:
    undoable.shop.status = lambda request: 422 if request["path"] == "/cancel" else 200
    undo(undoable)
    assert undoable.undo_statuses()["refund"] == "failed"
    undoable.shop.status = 200
    undoable.resolve("undo_again")
    assert undoable.statuses()["refund"] == "undone"
    assert Proposal.objects.filter(is_undo=True, undoes=None, status="failed").count() == 1


@pytest.mark.parametrize(("way", "stands"), [("happened", "undone"), ("did_not", "executed")])
def test_what_nobody_knows_is_for_a_person_to_look_at(
    undoable: Lane, way: str, stands: str
) -> None:
    Tool.objects.filter(name="shop.cancel_refund").update(takes_key=False)
    undoable.shop.status = lambda request: None if request["path"] == "/cancel" else 200
    undo(undoable)
    assert undoable.undo_statuses()["refund"] == "in_doubt"
    with pytest.raises(Conflict, match="asked for this already"):
        ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    undoable.resolve(way)
    assert undoable.statuses()["refund"] == stands
    assert paths(undoable).count("/cancel") == 1


def test_failing_half_way_it_is_partial_and_says_which_was_undone(undoable: Lane) -> None:
    actor, client = undoable.world.staff(undoable.client), undoable.client
    add_tool(
        name="shop.retract",
        title="Retract",
        adapter="http",
        effect="write",
        kind="send",
        takes_key=True,
        settings={"url": f"{undoable.shop.url}/retract"},
        args_schema={"type": "object", "properties": {"to": {"type": "string"}}},
        actor=actor,
    )
    change_tool(Tool.objects.get(name="mail.send"), actor=actor, undo_tool="shop.retract")
    undoable.shop.status = lambda request: 422 if request["path"] == "/cancel" else 200
    undo(undoable)
    assert paths(undoable) == ["/refunds", "/retract", "/state", "/cancel"]
    stands = undoable.statuses()
    assert (stands["send"], stands["refund"]) == ("undone", "executed")
    undoable.shop.status = 200
    ask_undo(refunded(undoable).pk, actor=client.actor())
    outbox.drain()
    assert undoable.statuses()["refund"] == "undone"
    assert paths(undoable).count("/retract") == 1


def test_poison_in_an_undo_is_parked_as_an_exception(
    undoable: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr("workflows.engine.handlers.undo._begin_next", poison)
    undo(undoable)
    for _ in range(4):
        undoable.pass_time(minutes=2)
    exception = undoable.exception()
    assert "It failed 3 times and was parked." in exception.draft["problem"]
    assert "RuntimeError" not in str(exception.draft) + exception.title
    assert exception.evidence["details"] == "RuntimeError: not today"
    assert undoable.undo_statuses()["refund"] == "refused"


def test_an_undo_that_its_steps_rung_refuses_is_not_offered_again(lane: Lane) -> None:
    make_undoable(lane)
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    lower = DEFINITION.replace(
        "tool: shop.refund\n      group", "tool: shop.refund\n      rung: read_only\n      group"
    )
    publish(lane.workflow, text=lower, actor=lane.world.staff(lane.client))
    lane.pass_time(seconds=1)
    assert lane.undo_statuses()["refund"] == "refused"
    assert lane.exception().draft["options"] == ["close"]


def test_an_undo_that_failed_in_the_end_says_nothing_of_a_try_before(lane: Lane) -> None:
    """Case D7."""
    make_undoable(lane)
    first = iter([500])
    lane.shop.status = lambda request: next(first, 503) if request["path"] == "/cancel" else 200
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    wait(lane, 10)
    assert lane.undo_statuses()["refund"] == "in_doubt"
