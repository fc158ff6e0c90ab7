"""Case D7: undone once, after a look at how it stands outside, and partial where it is partial."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.decisions.undo import ask_undo
from approvals.gate.tools import add_tool, change_tool
from approvals.models import Proposal, ReviewItem, Tool
from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.errors import Conflict
from tenants.services.tenants import stop_everything
from tests.lanes import Lane
from tests.undo_kit import make_undoable, paths, refunded, undo
from workflows.models import Call


@pytest.fixture
def undoable(lane: Lane) -> Lane:
    return make_undoable(lane)


def test_an_undo_looks_first_then_acts_once_with_a_permit_of_its_own(undoable: Lane) -> None:
    undo(undoable, words="She changed her mind.")
    assert paths(undoable) == ["/refunds", "/state", "/cancel"]
    assert undoable.shop.requests[2]["body"] == {"refund": "re_1"}
    assert undoable.statuses() == {"refund": "undone", "send": "executed"}
    assert undoable.undo_statuses() == {"refund": "executed"}
    assert undoable.permits() == ["redeemed"] * 3
    said = Event.objects.get(verb="effect.undone")
    assert said.reason == "Owner Harbor & Pine asked for it: She changed her mind."
    asked = Event.objects.get(verb="item.undo_asked")
    assert (asked.actor_label, asked.reason) == ("Owner Harbor & Pine", "She changed her mind.")
    assert undoable.run().status == "done"
    assert not ReviewItem.objects.filter(status="waiting").exists()


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
    assert (
        Proposal.objects.filter(step="refund", is_undo=True, undoes=None, status="failed").count()
        == 1
    )


def test_an_answer_that_never_comes_is_asked_for_again_with_the_same_key(undoable: Lane) -> None:
    dropped: list[str] = []

    def once(request: dict[str, Any]) -> int | None:
        if request["path"] == "/cancel" and not dropped:
            dropped.append(request["key"])
            return None
        return 200

    undoable.shop.status = once
    undo(undoable)
    undoable.pass_time(minutes=2)
    assert undoable.statuses()["refund"] == "undone"
    assert undoable.shop.by_key[dropped[0]] == 2
    assert undoable.shop.effects_by_key[dropped[0]] == 1


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


def test_the_kill_switch_stops_an_undo_too(undoable: Lane) -> None:
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    stop_everything(actor=undoable.client.actor())
    outbox.drain()
    assert "/cancel" not in paths(undoable)
    assert undoable.undo_statuses()["refund"] == "refused"


def test_a_worker_that_dies_in_the_middle_undoes_it_once(undoable: Lane) -> None:
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    from audit.worker import loop

    row = outbox.Outbox.objects.get(topic="item.undo")
    turn = loop.begin(lambda: loop.claim_single(row.pk))
    (check,) = turn.jobs
    act = loop.carry_out(check)
    assert act is not None
    loop.inflight.perform(act)  # the shop acted, and nobody wrote it down
    clock.pass_time(timedelta(minutes=5))
    outbox.sweep_due()
    outbox.drain()
    assert undoable.statuses()["refund"] == "undone"
    (key,) = [r["key"] for r in undoable.shop.requests if r["path"] == "/cancel"][:1]
    assert undoable.shop.by_key[key] == 2
    assert undoable.shop.effects_by_key[key] == 1
    assert not Call.objects.filter(status="intended").exists()


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
