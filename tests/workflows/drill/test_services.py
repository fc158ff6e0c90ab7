"""A drill is started by staff, goes on target by target, and never stays under way."""

import pytest

from audit import outbox
from audit.models import Event, Outbox
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Conflict, Forbidden
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from workflows.drill import runner, services
from workflows.drill.selectors import is_drilled, last_drill
from workflows.drill.services import COMMAND_LINE, TOPIC, rows_of, start_drill
from workflows.models import Drill, Run, Workflow
from workflows.sealed.play import StopWaits
from workflows.services.definitions import make_workflow, pause, publish

DECLARED = REPLY.replace(
    "    needs: [facts]\n", "    needs: [facts]\n    on_failure: [{person: owner}]\n"
)


def started(lane: Lane) -> Drill:
    return start_drill(lane.workflow, actor=lane.world.staff(lane.client))


def test_staff_drill_and_the_result_is_kept_and_recorded(lane: Lane) -> None:
    lane.use(definition(DECLARED))
    assert last_drill(lane.workflow) is None
    drill = started(lane)
    assert (drill.is_over, drill.total, drill.done) == (False, 1, 0)
    outbox.drain()
    drill.refresh_from_db()
    assert (drill.is_over, drill.done, drill.problem) == (True, 1, "")
    assert (drill.shown, drill.declared, drill.is_passed) == (4, 4, True)
    assert drill.asked_by == lane.world.operator
    assert [row.way for row in rows_of(drill)] == ["unreachable", "refused", "late", "unfit"]
    assert is_drilled(lane.workflow)
    begun, ended = Event.objects.filter(verb__startswith="workflow.drill").order_by("id")
    assert (begun.verb, begun.actor_id) == ("workflow.drill_begun", lane.world.operator.pk)
    assert ended.after == {"version": 1, "result": "4 of 4 fallbacks shown"}


def test_it_leaves_no_run_behind(lane: Lane) -> None:
    started(lane)
    outbox.drain()
    assert (Run.objects.count(), Outbox.objects.count()) == (0, 0)


def test_one_drill_at_a_time(lane: Lane) -> None:
    started(lane)
    with pytest.raises(Conflict, match="under way already"):
        started(lane)
    outbox.drain()
    started(lane)


def test_a_drill_whose_job_is_gone_makes_way_for_the_next(lane: Lane) -> None:
    """A worker of a former release, which does not know the topic, parks the job."""
    lost = started(lane)
    Outbox.objects.filter(object_id=lost.pk).update(parked_at=clock.now())
    assert started(lane) != lost
    lost.refresh_from_db()
    assert lost.is_over
    assert "put its job aside" in lost.problem


def test_who_may_not_configure_does_not_drill(lane: Lane) -> None:
    for person in (lane.client.approver, lane.client.viewer):
        with pytest.raises(Forbidden):
            start_drill(lane.workflow, actor=lane.client.actor(person))
    with pytest.raises(Forbidden):
        start_drill(lane.workflow, actor=SYSTEM)


def test_the_command_line_may(lane: Lane) -> None:
    assert start_drill(lane.workflow, actor=COMMAND_LINE).asked_by is None


def test_without_a_live_version_there_is_nothing_to_drill(lane: Lane) -> None:
    Workflow.objects.filter(pk=lane.workflow.pk).update(live=None)
    with pytest.raises(Conflict, match="no published version"):
        started(lane)


def test_a_paused_workflow_is_not_drilled(lane: Lane) -> None:
    pause(lane.workflow, actor=lane.client.actor())
    with pytest.raises(Conflict, match=r"is paused\. Let it go on"):
        started(lane)


def test_a_pause_in_the_middle_ends_it_with_its_reason(lane: Lane) -> None:
    drill = started(lane)
    pause(lane.workflow, actor=lane.client.actor())
    outbox.drain()
    drill.refresh_from_db()
    assert drill.is_over
    assert drill.problem == "It was stopped: Refund replies is paused."
    assert not drill.is_passed


def test_a_job_that_fails_again_and_again_ends_it(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(services, "drill_target", broken)
    drill = started(lane)
    for _ in range(4):
        outbox.drain()
        lane.pass_time(minutes=2)
    drill.refresh_from_db()
    assert drill.is_over
    assert "parked" in drill.problem


def test_a_target_that_can_not_be_drilled_is_named(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*args: object) -> None:
        raise Conflict("It came to no end.")

    monkeypatch.setattr(services, "drill_target", endless)
    drill = started(lane)
    outbox.drain()
    drill.refresh_from_db()
    assert drill.problem == "The step reply can’t be drilled: It came to no end."


def test_a_target_that_is_given_up_for_a_stop_is_begun_again(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given_up(*_: object) -> None:
        raise StopWaits

    drill = start_drill(lane.workflow, actor=lane.world.staff(lane.client))
    with monkeypatch.context() as patched:
        patched.setattr("workflows.drill.services.drill_target", given_up)
        outbox.handle(Outbox.objects.get(topic=TOPIC).pk)
    drill.refresh_from_db()
    assert (drill.done, drill.is_over) == (0, False)
    outbox.drain()
    drill.refresh_from_db()
    assert (drill.done, drill.problem) == (drill.total, "")


def test_a_new_version_is_not_drilled_yet(lane: Lane) -> None:
    workflow = lane.use(definition(DECLARED))
    started(lane)
    outbox.drain()
    actor = lane.world.staff(lane.client)
    publish(workflow, text=definition(DECLARED + SEND), actor=actor)
    workflow.refresh_from_db()
    assert not is_drilled(workflow)


def test_a_workflow_without_models_and_tools_is_drilled_at_once(lane: Lane) -> None:
    text = definition("\n  - name: later\n    wait: {for: 1h}\n", slug="waits")
    lane.workflow = make_workflow(
        text=text, owner=lane.client.owner, actor=lane.world.staff(lane.client)
    )
    drill = started(lane)
    outbox.drain()
    drill.refresh_from_db()
    assert (drill.is_over, drill.rows, drill.declared) == (True, [], 0)


def test_each_target_is_a_job_of_its_own(lane: Lane) -> None:
    """So a worker that is killed loses one target, and others get their turns between them."""
    drill = started(lane)
    (row_id,) = Outbox.objects.values_list("pk", flat=True)
    assert outbox.handle(row_id)
    drill.refresh_from_db()
    assert (drill.done, drill.total, drill.is_over) == (1, 3, False)
    assert {row.step for row in rows_of(drill)} == {"reply"}
    assert runner.PURPOSE == "drill"
