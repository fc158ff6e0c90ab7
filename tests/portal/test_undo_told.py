"""An undo that stopped is shown at its step, and is never told in the place of the step."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from approvals.models import ReviewItem
from portal.reports.selectors import decided_in
from portal.reports.week import week_of
from portal.review.item.exception import told_to
from portal.runs.trace import Trace, trace
from tenants import clock
from tests.lanes import Lane, open_lane
from tests.undo_kit import make_undoable, undo


@pytest.fixture
def lane(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    """A lane with an undo that was parked: its cause is told to the client in other words."""

    def poison(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr("workflows.engine.handlers.undo._begin_next", poison)
    with open_lane() as opened:
        make_undoable(opened)
        undo(opened)
        for _ in range(4):
            opened.pass_time(minutes=2)
        yield opened


def test_the_trace_has_the_action_its_undo_and_the_exception_at_the_step(lane: Lane) -> None:
    (step,) = [one for one in _trace(lane).steps if one.name == "refund"]
    assert [one.item.kind for one in step.reviews] == ["proposal", "undo", "exception"]


def test_a_client_is_told_nothing_of_the_undo_at_the_step(lane: Lane) -> None:
    told = told_to(_trace(lane), lane.client.actor())
    assert {step.name: step.told for step in told.steps} == dict.fromkeys(lane.steps(), "")


def test_a_report_knows_that_it_was_an_undo(lane: Lane) -> None:
    lane.resolve("close")
    rows = decided_in(week_of(clock.now(), ZoneInfo("UTC")))
    assert [(row.kind, row.step, row.about_undo) for row in rows] == [
        ("proposal", "refund", False),
        ("exception", "refund", True),
    ]


def _trace(lane: Lane) -> Trace:
    assert ReviewItem.objects.filter(kind="exception", step="refund").count() == 1
    return trace(lane.run(), "en_US")
