"""A run that is run again from a step."""

import pytest

from approvals.models import Permit
from audit import outbox
from audit.models import Event
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import uuid7
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from workflows.models import Call, Run, StepRun
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run


def again(lane: Lane, run: Run, step: str, key: str | None = None) -> Run:
    found, _ = rerun(run.pk, step=step, actor=lane.client.actor(), idempotency_key=key)
    outbox.drain()
    return Run.objects.get(pk=found.pk)


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
