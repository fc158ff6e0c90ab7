"""A run that is paused, goes on, or is run again from a step."""

from collections.abc import Iterator

import pytest

from approvals.models import Permit
from audit import outbox
from audit.models import Event, Outbox
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.ids import uuid7
from tenants.scope import tenant_scope
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from workflows.models import Call, Run, StepRun
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run, pause_run, resume_run


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server, server.in_environment():
        yield server


def pause(lane: Lane) -> None:
    pause_run(lane.run().pk, actor=lane.client.actor())


def resume(lane: Lane) -> None:
    resume_run(lane.run().pk, actor=lane.client.actor())
    outbox.drain()


def again(lane: Lane, run: Run, step: str, key: str | None = None) -> Run:
    found, _ = rerun(run.pk, step=step, actor=lane.client.actor(), idempotency_key=key)
    outbox.drain()
    return Run.objects.get(pk=found.pk)


# -- Pause ---------------------------------------------------------------------------------


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
    from tests.world import REQUEST
    from workflows.services.runs import start_run

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


# -- Again from a step ---------------------------------------------------------------------


def test_a_run_again_keeps_what_was_before_the_step_and_repeats_no_call(
    lane: Lane, model: ModelServer
) -> None:
    lane.use(with_model(MODEL))
    former = lane.start()
    lane.decide("reject", reason="tone")
    assert len(model.requests) == 1
    new = again(lane, former, "refund")
    assert len(model.requests) == 1
    assert not Call.objects.filter(run=new).exists()
    assert (new.rerun_of_id, new.rerun_from) == (former.pk, "refund")
    assert new.version_id == former.version_id
    kept = StepRun.objects.get(run=new, name="reply")
    assert kept.note == "Kept from the run before."
    assert kept.output == StepRun.objects.get(run=former, name="reply").output
    assert lane.item().run_id == new.pk
    lane.decide()
    assert Run.objects.get(pk=new.pk).status == "done"
    assert Run.objects.get(pk=former.pk).outcome == "rejected"
    told = Event.objects.get(verb="run.rerun")
    assert told.object_id == former.pk
    assert told.after == {"from_step": "refund", "run": str(new.pk)}


def test_a_run_again_from_an_earlier_step_makes_its_calls_anew(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(400)]
    lane.use(with_model(MODEL))
    former = lane.start()
    model.answers = offline
    new = again(lane, former, "reply")
    assert len(model.requests) == 2
    assert StepRun.objects.filter(run=new, note__startswith="Kept").count() == 1
    assert lane.item().run_id == new.pk


def test_what_was_carried_out_is_never_done_again(lane: Lane) -> None:
    lane.post.answer = "550 no such mailbox"
    former = lane.start()
    lane.decide()
    assert lane.statuses() == {"refund": "executed", "send": "failed"}
    for step in ("facts", "reply", "refund"):
        with pytest.raises(Conflict, match="happen twice"):
            again(lane, former, step)
    lane.post.answer = "250 OK"
    new = again(lane, former, "send")
    assert [p.step for p in lane.item().proposals.all()] == ["send"]
    lane.decide()
    assert len(lane.shop.requests) == 1
    assert Run.objects.get(pk=new.pk).status == "done"
    assert Permit.objects.filter(proposal__run_id=new.pk).count() == 1


def test_an_effect_in_doubt_is_not_run_again(lane: Lane) -> None:
    lane.post.answer = None
    former = lane.start()
    lane.decide()
    with pytest.raises(Conflict, match="happen twice"):
        again(lane, former, "send")


def test_a_run_under_way_and_a_step_that_is_not_there_are_refused(lane: Lane) -> None:
    former = lane.start()
    with pytest.raises(Conflict):
        again(lane, former, "reply")
    cancel_run(former.pk, actor=lane.client.actor())
    with pytest.raises(Invalid):
        again(lane, former, "nowhere")
    with pytest.raises(NotFound):
        rerun(uuid7(), step="reply", actor=lane.client.actor())


def test_the_same_key_runs_again_once(lane: Lane) -> None:
    former = lane.start()
    cancel_run(former.pk, actor=lane.client.actor())
    first = again(lane, former, "reply", key="again-1")
    assert again(lane, former, "reply", key="again-1").pk == first.pk
    with pytest.raises(Conflict):
        again(lane, former, "refund", key="again-1")
    assert Run.objects.count() == 2
