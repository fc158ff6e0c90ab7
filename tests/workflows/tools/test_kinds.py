"""A9, D1, D4, D7 for the agent step and each kind of tool: a new kind without a case here fails.

The other side of each kind is real: a shop, a site in a browser, a mailbox, a database.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from approvals.decisions.undo import ask_undo
from approvals.gate.never_rules import add_rule
from approvals.gate.tools import change_tool
from approvals.models import ReviewItem, Tool
from approvals.rules.never import Rule
from audit import outbox
from audit.worker import inflight, loop
from tenants.errors import Conflict
from tenants.services.tenants import stop_everything
from tests.lanes import Lane
from tests.workflows.browser.page_kit import NEEDS_CHROMIUM
from tests.workflows.tools.kinds_kit import AGENT, DO, NO_UNDO, SIDES, UNDO, Making, Side
from workflows import tools
from workflows.engine.calls.jobs import ToolJob
from workflows.services.definitions import change_rung
from workflows.tools import ToolFailed, ToolRequest

Made = Callable[[str], Side]


def each(kinds: Any) -> list[Any]:
    marks = {"browser": NEEDS_CHROMIUM}
    return [pytest.param(kind, marks=marks.get(kind, ())) for kind in sorted(kinds)]


KINDS = each(SIDES)
UNDOABLE = each(SIDES.keys() - NO_UNDO)


@pytest.fixture
def made(lane: Lane, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Set a kind up, with a workflow of one action."""
    with ExitStack() as stack:

        def make(kind: str) -> Side:
            side = SIDES[kind](Making(lane, stack, settings, monkeypatch))
            lane.use(side.workflow)
            return side

        yield make


def test_each_kind_has_its_cases() -> None:
    assert set(tools.adapters()) == SIDES.keys() - {AGENT}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_can_be_undone_declares_it(made: Made, kind: str) -> None:
    made(kind)
    assert bool(Tool.objects.get(name=DO).undo_tool) is (kind not in NO_UNDO)


@pytest.mark.parametrize("kind", UNDOABLE)
def test_what_is_done_and_undone_is_as_before(lane: Lane, made: Made, kind: str) -> None:
    """D7: undone once, however often it is asked for."""
    side = made(kind)
    before = side.state()
    lane.start()
    assert side.state() == before
    lane.decide()
    assert status(lane) == "executed"
    assert (side.state() != before, side.acted()) == (True, 1)
    item = ReviewItem.objects.get(kind="proposal")
    ask_undo(item.pk, actor=lane.client.actor())
    with pytest.raises(Conflict):
        ask_undo(item.pk, actor=lane.client.actor())
    outbox.drain()
    assert (status(lane), list(lane.undo_statuses().values())) == ("undone", ["executed"])
    assert side.state() == before
    with pytest.raises(Conflict):
        ask_undo(item.pk, actor=lane.client.actor())
    outbox.drain()
    assert side.state() == before
    assert sum(call.name == UNDO for call in lane.calls("tool")) == 1


def status(lane: Lane) -> str:
    """The status of the one action."""
    [found] = lane.statuses().values()
    return found


def over_and_over(lane: Lane) -> None:
    for _ in range(6):
        lane.pass_time(minutes=2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_acted_and_lost_its_answer_acts_once(lane: Lane, made: Made, kind: str) -> None:
    """D4: settled by the key where there is one, else a person is asked."""
    side = made(kind)
    lane.start()
    side.lose_answer()
    lane.decide()
    side.mend()
    over_and_over(lane)
    assert side.acted() == 1
    if side.takes_key:
        assert status(lane) == "executed"
        assert lane.run().status == "done"
        return
    assert status(lane) == "in_doubt"
    assert lane.exception().draft["options"] == ["happened", "did_not", "hand"]


class Killed(BaseException):
    """The end of a worker."""


@pytest.mark.parametrize("is_called", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_dies_at_a_call_leaves_one_effect_or_a_question(
    lane: Lane, made: Made, kind: str, is_called: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1: its worker ends before the call, or after it and before the answer is stored."""
    side = made(kind)
    lane.start()
    carry_out = loop.carry_out

    def die(job: Any) -> Any:
        if not isinstance(job, ToolJob):
            return carry_out(job)
        if is_called:
            inflight.perform(job)
        raise Killed

    monkeypatch.setattr(loop, "carry_out", die)
    with pytest.raises(Killed):
        lane.decide()
    assert side.acted() == int(is_called)
    monkeypatch.setattr(loop, "carry_out", carry_out)
    over_and_over(lane)
    assert side.acted() == int(is_called or side.takes_key)
    if side.takes_key:
        assert status(lane) == "executed"
        assert lane.run().status == "done"
        return
    assert status(lane) == "in_doubt"
    assert lane.exception().draft["options"] == ["happened", "did_not", "hand"]


def off(lane: Lane) -> None:
    change_tool(Tool.objects.get(name=DO), actor=lane.world.staff(lane.client), enabled=False)


def another(lane: Lane) -> None:
    change_tool(Tool.objects.get(name=DO), actor=lane.world.staff(lane.client), title="Another")


def lower(lane: Lane) -> None:
    change_rung(lane.workflow, rung="never_execute", actor=lane.world.staff(lane.client))


def forbidden(lane: Lane) -> None:
    kind = Tool.objects.get(name=DO).kind
    add_rule(Rule(kind=kind or "", why="Not now."), actor=lane.world.staff(lane.client))


def stopped(lane: Lane) -> None:
    stop_everything(actor=lane.client.actor())


@pytest.mark.parametrize("change", [off, another, lower, forbidden, stopped])
@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_since_the_first_try_stops_the_next(
    lane: Lane,
    made: Made,
    kind: str,
    change: Callable[[Lane], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A9"""
    side = made(kind)
    lane.start()
    tried = _busy(kind, monkeypatch)
    lane.decide()
    assert len(tried) == 1
    change(lane)
    over_and_over(lane)
    assert (len(tried), side.acted()) == (1, 0)
    assert status(lane) in (("executing", "failed") if change is stopped else ("failed",))


@pytest.mark.parametrize("change", [lower, stopped])
@pytest.mark.parametrize("kind", UNDOABLE)
def test_what_changed_since_the_first_try_stops_the_next_undo(
    lane: Lane,
    made: Made,
    kind: str,
    change: Callable[[Lane], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A9 for the undo."""
    side = made(kind)
    lane.start()
    lane.decide()
    done = side.state()
    tried = _busy(kind, monkeypatch)
    ask_undo(ReviewItem.objects.get(kind="proposal").pk, actor=lane.client.actor())
    outbox.drain()
    assert len(tried) == 1
    change(lane)
    over_and_over(lane)
    assert (len(tried), side.state()) == (1, done)


def _busy(kind: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the next try find the other side busy; returns the keys of all tries."""
    adapter = tools.adapters()["http" if kind == AGENT else kind]
    carry_out, tried = adapter.carry_out, list[str]()

    def busy(request: ToolRequest) -> Any:
        tried.append(request.key)
        if len(tried) == 1:
            raise ToolFailed("Busy.", retryable=True)
        return carry_out(request)

    monkeypatch.setattr(adapter, "carry_out", busy)
    return tried
