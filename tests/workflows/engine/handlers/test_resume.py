"""Runs that were paused or stood still go on with the jobs they lack, each done once."""

from approvals.decisions.undo import ask_undo
from audit import outbox
from audit.models import Outbox
from tests.lanes import Lane
from tests.undo_kit import make_undoable, refunded
from tests.workflows.engine.handlers.stalls_kit import begun, look, lose
from tests.workflows.engine.tries_kit import wait
from workflows.engine.advance.advance import advance
from workflows.engine.state.context import lock_context
from workflows.models import Call
from workflows.services.runs import pause_run, resume_run


def test_pausing_a_run_under_way_holds_its_retries(lane: Lane) -> None:
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200)
    run = lane.start()
    lane.decide()
    pause_run(run.pk, actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 1
    resume_run(run.pk, actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 2


def test_a_lost_call_of_an_undo_is_picked_up_as_one(lane: Lane) -> None:
    """Case D7: a run that is resumed takes up what nobody owes, each as what it is."""
    make_undoable(lane)
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200) if request["path"] == "/cancel" else 200
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    run = lane.run()
    Outbox.objects.filter(topic="undo.call").delete()
    type(run).objects.update(status="waiting", ended_at=None, outcome="done")
    pause_run(run.pk, actor=lane.client.actor())
    resume_run(run.pk, actor=lane.client.actor())
    outbox.drain()
    owed = Outbox.objects.filter(topic__in=("undo.call", "call.make"))
    assert {row.topic for row in owed} <= {"undo.call"}
    wait(lane)
    assert lane.undo_statuses()["refund"] == "executed"


def test_a_call_that_nobody_makes_is_made_after_all_with_the_same_journal_entry(
    lane: Lane,
) -> None:
    run = begun(lane)
    row = Outbox.objects.get(topic="run.advance")
    debt = outbox.claim(row.pk)
    assert debt is not None

    context = lock_context(run.pk)
    assert context is not None
    advance(context)  # its worker dies here
    lose("call.make")
    lose("run.advance")
    look(lane)
    lane.resolve("retry")
    lane.pass_time(minutes=1)
    assert Call.objects.filter(kind="model").count() == 1
    assert lane.item().title.startswith("Refund $48.20")


def test_a_decision_the_run_never_heard_of_is_followed_after_all(lane: Lane) -> None:
    lane.start()
    lane.say()
    lose("item.closed")
    look(lane)
    assert lane.shop.requests == []
    lane.resolve("retry")
    lane.pass_time(minutes=1)
    assert len(lane.shop.requests) == len(lane.post.messages) == 1
    assert lane.run().status == "done"
