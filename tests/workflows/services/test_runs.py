"""Runs that are paused, go on and are cancelled, and who may do it."""

from typing import Any

import pytest

from audit import outbox
from audit.canonical import sha256
from audit.models import Event, Outbox
from tenants.errors import Conflict, Forbidden, NotFound
from tenants.scope import tenant_scope
from tests.lanes import Lane
from tests.world import REQUEST
from workflows.models import Run, StepRun
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run, pause_run, resume_run, start_run


def pause(lane: Lane) -> None:
    pause_run(lane.run().pk, actor=lane.client.actor())


def resume(lane: Lane) -> None:
    resume_run(lane.run().pk, actor=lane.client.actor())
    outbox.drain()


def test_a_paused_run_does_nothing_when_its_approval_comes_and_all_of_it_afterwards(
    lane: Lane,
) -> None:
    lane.start()
    pause(lane)
    lane.decide()
    lane.pass_time(hours=2)
    assert lane.shop.requests == []
    assert lane.permits() == ["open", "open"]
    resume(lane)
    assert len(lane.shop.requests) == len(lane.post.messages) == 1
    assert lane.run().status == "done"
    assert lane.run().outcome == "accepted"
    assert {"run.paused", "run.resumed"} <= set(lane.verbs())


def test_a_run_paused_between_two_tries_makes_the_second_afterwards(lane: Lane) -> None:
    lane.start()
    run = lane.run()
    lane.shop.status = 503
    lane.decide()
    pause_run(run.pk, actor=lane.client.actor())
    lane.shop.status = 200
    lane.pass_time(minutes=5)
    assert len(lane.shop.requests) == 1  # the try before the pause
    resume(lane)
    lane.pass_time(minutes=1)
    assert len(lane.shop.effects) == 1
    assert lane.run().status == "done"


def test_a_decision_made_while_paused_is_followed_once(lane: Lane) -> None:
    lane.start()
    pause(lane)
    lane.decide("reject", reason="tone")
    resume(lane)
    assert lane.run().outcome == "rejected"
    assert lane.run().status == "done"
    assert lane.shop.requests == []


def test_a_run_paused_before_it_began_begins_afterwards(lane: Lane) -> None:

    actor = lane.client.actor()
    run, _ = start_run(lane.workflow, input=REQUEST, trigger="api", actor=actor)
    pause_run(run.pk, actor=actor)
    outbox.drain()
    assert not StepRun.objects.exists()
    assert not Outbox.objects.filter(object_id=run.pk).exists()  # nothing asks again and again
    resume(lane)
    assert lane.item().title.startswith("Refund")


def test_pausing_twice_or_what_is_over_is_a_conflict(lane: Lane) -> None:
    lane.start()
    with pytest.raises(Conflict):
        resume(lane)
    pause(lane)
    with pytest.raises(Conflict):
        pause(lane)
    cancel_run(lane.run().pk, actor=lane.client.actor())
    resume(lane)  # harmless
    with pytest.raises(Conflict):
        pause(lane)
    assert lane.run().status == "cancelled"


def test_only_who_may_start_runs_pauses_them(lane: Lane) -> None:
    lane.start()
    for act in (pause_run, resume_run):
        with pytest.raises(Forbidden):
            act(lane.run().pk, actor=lane.client.actor(lane.client.viewer))
    with pytest.raises(Forbidden):
        rerun(lane.run().pk, step="reply", actor=lane.client.actor(lane.client.viewer))


def test_another_clients_run_is_not_there(lane: Lane) -> None:
    run, quill = lane.start(), lane.world.quill
    with tenant_scope(quill.tenant.pk):
        for act in (pause_run, resume_run):
            with pytest.raises(NotFound):
                act(run.pk, actor=quill.actor())
        with pytest.raises(NotFound):
            rerun(run.pk, step="reply", actor=quill.actor())


def test_requests_are_told_apart_by_the_hash_of_workflow_and_input(lane: Lane) -> None:
    given = {"späte": "Ä\u0308", "b": [{"z": 1, "a": None}], **REQUEST}
    with tenant_scope(lane.client.tenant.pk):
        run, _ = start_run(
            lane.workflow,
            input=given,
            trigger="mail",
            actor=lane.client.actor(),
            idempotency_key="k",
        )
    assert run.input_hash == sha256({"workflow": lane.workflow.slug, "input": given})


@pytest.mark.parametrize("key", ["order-1", None])
def test_a_run_is_recorded_and_enqueued_once_for_its_key(
    lane: Lane, key: str | None, django_capture_on_commit_callbacks: Any
) -> None:
    def start() -> bool:
        actor = lane.client.actor()
        made = start_run(
            lane.workflow, input=REQUEST, trigger="api", actor=actor, idempotency_key=key
        )
        return made[1]

    with django_capture_on_commit_callbacks() as woken:
        made = [start() for _ in range(3)]
    expected = 1 if key else 3
    assert (made[0], sum(made), len(woken)) == (True, expected, expected)
    runs = set(Run.objects.values_list("pk", flat=True))
    assert len(runs) == expected
    assert set(Outbox.objects.values_list("object_id", flat=True)) >= runs
    assert Outbox.objects.filter(topic="run.advance").count() == expected
    started = Event.objects.filter(verb="run.started")
    assert sorted(started.values_list("object_id", flat=True)) == sorted(runs)
    assert {event.after["workflow"] for event in started} == {lane.workflow.slug}
