"""Case D7: undone once, after a look at how it stands outside, and partial where it is partial."""

from datetime import timedelta
from typing import Any

from approvals.decisions.undo import ask_undo
from approvals.models import ReviewItem
from audit import outbox
from audit.models import Event
from audit.worker import loop
from tenants import clock
from tenants.services.tenants import stop_everything
from tests.lanes import Lane
from tests.undo_kit import paths, refunded, undo
from workflows.models import Call


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


def test_the_kill_switch_stops_an_undo_too(undoable: Lane) -> None:
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    stop_everything(actor=undoable.client.actor())
    outbox.drain()
    assert "/cancel" not in paths(undoable)
    assert undoable.undo_statuses()["refund"] == "refused"


def test_a_worker_that_dies_in_the_middle_undoes_it_once(undoable: Lane) -> None:
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())

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
