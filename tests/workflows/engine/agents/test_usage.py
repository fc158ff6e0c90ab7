"""What an agent took: the time that others had its work does not count."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals.models import ReviewItem
from audit import outbox
from tenants import clock
from tenants.services.tenants import resume_everything, stop_everything
from tests.fakes.model import ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import calling, find, says
from tests.workflows.unsaved import unsaved_step
from workflows.engine.agents.parts import CALL, HANDOFF
from workflows.engine.agents.usage import covered, spans_of_others
from workflows.models import StepRun
from workflows.services.definitions import pause, unpause
from workflows.services.runs import pause_run, resume_run

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def part(kind: str, begins: int, ends: int | None) -> StepRun:
    ended = None if ends is None else START + timedelta(minutes=ends)
    return unsaved_step(kind=kind, began_at=START + timedelta(minutes=begins), ended_at=ended)


@pytest.mark.parametrize(
    ("parts", "minutes"),
    [
        ([], 0),
        ([part(HANDOFF, 1, 11)], 10),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 1, 11)], 10),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 5, 21)], 20),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 20, 25)], 15),
        ([part(HANDOFF, -30, -20)], 0),
        ([part(HANDOFF, -30, 5)], 5),
        ([part(HANDOFF, 1, None), part(CALL, 1, 11)], 0),
    ],
)
def test_parts_side_by_side_count_once_and_former_ones_not_at_all(
    parts: list[StepRun], minutes: int
) -> None:
    assert covered(spans_of_others(parts), START) == timedelta(minutes=minutes)


@pytest.mark.parametrize("what", ["run", "workflow", "client"])
def test_time_that_all_was_halted_is_none_of_its_own(
    agent_lane: Lane, model: ModelServer, what: str
) -> None:
    says(model, Reply(503, "later"))
    agent_lane.start()
    run, owner = agent_lane.run(), agent_lane.client.actor()
    agent_lane.workflow.refresh_from_db()
    if what == "run":
        pause_run(run.pk, actor=owner)
    elif what == "workflow":
        pause(agent_lane.workflow, actor=owner)
    else:
        stop_everything(actor=owner)
    agent_lane.pass_time(days=3)
    says(model, calling(find()), "It is done.")
    if what == "run":
        resume_run(run.pk, actor=owner)
    elif what == "workflow":
        agent_lane.workflow.refresh_from_db()
        unpause(agent_lane.workflow, actor=owner)
    else:
        resume_everything(actor=owner)
    agent_lane.pass_time(minutes=1)
    assert len(model.requests) == 3
    assert not ReviewItem.objects.filter(kind="exception").exists()
    assert agent_lane.steps()["work"] == "done"


def test_time_before_a_halt_and_after_it_counts(agent_lane: Lane, model: ModelServer) -> None:
    says(model, Reply(503, "later"))
    agent_lane.start()
    run, owner = agent_lane.run(), agent_lane.client.actor()
    pause_run(run.pk, actor=owner)
    clock.pass_time(timedelta(days=3))
    says(model, calling(find()), "It is done.")
    resume_run(run.pk, actor=owner)
    clock.pass_time(timedelta(minutes=61))
    outbox.drain()
    assert agent_lane.exception().draft["cause"] == "agent_limit"
