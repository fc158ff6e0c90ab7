"""An undo is asked for once, by those who decide, and while its time lasts."""

import pytest

from approvals.decisions.undo import ask_undo
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
