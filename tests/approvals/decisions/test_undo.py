"""An undo is asked for once, by those who decide, and while its time lasts."""

from typing import Any

import pytest
from django.db import transaction

from approvals.decisions import undo
from approvals.decisions.undo import ask_undo
from approvals.models import ReviewItem
from audit import outbox
from tenants.errors import Conflict, Forbidden
from tests.lanes import Lane
from tests.undo_kit import make_undoable, paths, refunded


@pytest.fixture
def undoable(lane: Lane) -> Lane:
    return make_undoable(lane)


def test_asked_twice_it_is_done_once(undoable: Lane) -> None:
    first = ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    with pytest.raises(Conflict, match="asked for this already"):
        ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    outbox.drain()
    with pytest.raises(Conflict, match="Nothing of this can be undone"):
        ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    assert first.kind == "undo"
    assert paths(undoable).count("/cancel") == 1


def test_who_asks_while_another_undo_of_the_step_is_written_is_told_to_try_again(
    undoable: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered = undo._item

    def overtaken(*given: Any) -> ReviewItem:
        numbered(*given).save()
        made = numbered(*given)
        made.attempt = 1
        return made

    monkeypatch.setattr(undo, "_item", overtaken)
    with pytest.raises(Conflict, match="Try again") as refused, transaction.atomic():
        ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    assert refused.value.code == "busy"
    monkeypatch.undo()
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    outbox.drain()
    assert paths(undoable).count("/cancel") == 1


def test_the_time_to_undo_is_looked_at_when_asked_and_when_done(undoable: Lane) -> None:
    ask_undo(refunded(undoable).pk, actor=undoable.client.actor())
    undoable.pass_time(hours=25)
    assert undoable.undo_statuses()["refund"] == "refused"
    assert "/cancel" not in paths(undoable)
    with pytest.raises(Conflict, match="Nothing of this can be undone"):
        ask_undo(refunded(undoable).pk, actor=undoable.client.actor())


def test_who_may_not_decide_may_not_undo(undoable: Lane) -> None:
    viewer = undoable.client.actor(undoable.client.viewer)
    for actor in (viewer, undoable.world.staff(undoable.client)):
        with pytest.raises(Forbidden):
            ask_undo(refunded(undoable).pk, actor=actor)
