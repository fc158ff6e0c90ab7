"""An item has the step of the definition: its kind, and no mark at the name, says what it is."""

from collections.abc import Iterator

import pytest

from approvals.decisions.undo import ask_undo
from approvals.models import Proposal, ReviewItem
from approvals.review.selectors import attempt, undos_of
from audit import outbox
from audit.models import Outbox
from tests.fakes.model import MODEL, ModelServer, Reply
from tests.lanes import Lane
from tests.portal.review_kit import DRAFTS
from tests.undo_kit import make_undoable, undo
from workflows.exceptions.draft import ExceptionDraft
from workflows.models import Call
from workflows.services.rerun import rerun
from workflows.services.runs import pause_run, resume_run

PAGES = DRAFTS.replace("title: Help pages", f"title: Help pages\nmodel: {MODEL}")
REFUND = """\
workflow: credits
title: Credits
rung: execute_with_approval
brief: {why: Pay.}
sources: [orders]
steps:
  - name: refund
    act:
      tool: shop.refund
      args: {order: 'input.order_id', amount: "{'value': 100, 'currency': 'USD'}"}
"""
MORE = """\
  - name: more
    needs: [refund]
    act:
      tool: shop.refund
      args: {order: 'input.order_id', amount: "{'value': 200, 'currency': 'USD'}"}
"""


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server, server.in_environment():
        yield server


def attempts(kind: str) -> list[tuple[str, int]]:
    """Step and attempt of each item of a kind, oldest first."""
    items = ReviewItem.objects.filter(kind=kind).order_by("id")
    return list(items.values_list("step", "attempt"))


def test_a_text_and_exceptions_of_its_step_count_attempts_apart(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(400), {"text": "One."}, Reply(400), {"text": "Two."}]
    lane.use(PAGES)
    lane.start()
    lane.resolve("retry")
    lane.decide("again", reason="tone")
    lane.resolve("retry")
    first, second = ReviewItem.objects.filter(kind="draft").order_by("id")
    assert attempts("draft") == [(first.step, 1), (first.step, 2)]
    assert attempts("exception") == [(first.step, 1), (first.step, 2)]
    assert (attempt(first, 2), attempt(second, 1)) == (second, first)


def test_an_exception_is_no_attempt_at_a_text(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400), {"text": "One."}, Reply(400)]
    lane.use(PAGES)
    lane.start()
    lane.resolve("retry")
    lane.decide("again", reason="tone")
    exception, sent_back = lane.exception(), ReviewItem.objects.get(kind="draft")
    assert (exception.step, exception.attempt) == (sent_back.step, 2)
    assert attempt(exception, 1) is None
    assert attempt(sent_back, 2) is None


def test_an_exception_that_is_handed_over_is_the_next_of_its_step(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(400), {"text": "One."}]
    lane.use(PAGES)
    lane.start()
    lane.resolve("hand", to=str(lane.client.owner.pk))
    lane.resolve("retry")
    assert [number for _, number in attempts("exception")] == [1, 2]
    assert lane.item().attempt == 1


def test_an_action_that_is_asked_for_again_is_the_next_attempt(lane: Lane) -> None:
    lane.shop.status = 422
    lane.start()
    lane.decide()
    assert attempts("exception") == [("refund", 1)]
    lane.shop.status = 200
    lane.resolve("ask_again")
    assert attempts("proposal") == [("refund", 1), ("refund", 2)]


def test_an_undo_and_its_exception_stand_beside_those_of_the_step(lane: Lane) -> None:
    first = iter([422])
    lane.shop.status = lambda request: next(first, 200)
    make_undoable(lane)
    lane.resolve("ask_again")
    lane.decide()
    failed, done = ReviewItem.objects.filter(kind="proposal").order_by("id")
    lane.shop.status = lambda request: 422 if request["path"] == "/cancel" else 200
    asked = ask_undo(done.pk, actor=lane.client.actor())
    outbox.drain()
    assert (asked.step, asked.attempt) == ("refund", 1)
    assert attempts("exception") == [("refund", 1), ("refund", 2)]
    raised = ReviewItem.objects.filter(kind="exception").order_by("id")
    drafts = [ExceptionDraft.read(item.draft) for item in raised]
    assert [(one.step, one.about_undo) for one in drafts] == [("refund", False), ("refund", True)]
    assert list(undos_of(done)) == [asked]
    assert list(undos_of(failed)) == []
    lane.shop.status = 200
    lane.resolve("undo_again")
    assert attempts("undo") == [("refund", 1), ("refund", 2)]
    assert lane.statuses()["refund"] == "undone"
    assert lane.steps()["refund"] == "done"


def test_an_undo_that_can_not_be_asked_for_again_is_an_exception_about_the_undo(
    lane: Lane,
) -> None:
    make_undoable(lane)
    lane.shop.status = lambda request: 422 if request["path"] == "/cancel" else 200
    undo(lane)
    lane.pass_time(hours=25)
    lane.resolve("undo_again")
    exception = lane.exception()
    assert (exception.step, exception.attempt) == ("refund", 2)
    assert ExceptionDraft.read(exception.draft).about_undo
    assert exception.draft["options"] == ["close"]


def test_what_came_of_an_undo_does_not_keep_a_run_from_being_repeated(lane: Lane) -> None:
    lane.use(REFUND)
    make_undoable(lane)
    undo(lane)
    act, back = Proposal.objects.order_by("id")
    assert (act.step, act.status, act.is_undo) == ("refund", "undone", False)
    assert (back.step, back.status, back.is_undo) == ("refund", "executed", True)
    _, is_new = rerun(lane.run().pk, step="refund", actor=lane.client.actor())
    assert is_new


def test_a_call_of_an_undo_that_stopped_is_never_taken_for_the_steps(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(*_: object) -> None:
        raise RuntimeError("not today")

    lane.use(REFUND + MORE)
    make_undoable(lane)
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200)
    asked = ask_undo(Proposal.objects.get(step="refund").item_id, actor=lane.client.actor())
    with monkeypatch.context() as broken:
        broken.setattr("workflows.engine.handlers.undo._try_objection", poison)
        for _ in range(6):
            lane.pass_time(minutes=2)
    assert [act.status for act in asked.proposals.all()] == ["refused"]
    call = Call.objects.get(status="intended")
    pause_run(lane.run().pk, actor=lane.client.actor())
    resume_run(lane.run().pk, actor=lane.client.actor())
    for _ in range(6):
        lane.pass_time(minutes=2)
    call.refresh_from_db()
    assert (call.status, lane.steps()["refund"], lane.run().status) == ("lost", "done", "waiting")
    assert lane.statuses() == {"refund": "executed", "more": "proposed"}
    assert len(lane.shop.requests) == 2
    assert not Outbox.objects.filter(object_id=call.pk, parked_at=None).exists()


def test_an_action_that_was_undone_is_no_part_of_the_outcome(lane: Lane) -> None:
    make_undoable(lane)
    lane.use(REFUND + MORE)
    run = lane.start()
    first = lane.item()
    lane.decide(item=first)
    ask_undo(first.pk, actor=lane.client.actor())
    outbox.drain()
    assert lane.undo_statuses()["refund"] == "executed"
    lane.decide("reject", reason="not_needed")
    run.refresh_from_db()
    assert run.outcome == "rejected"
