"""Exceptions: who they are for, and the ways out of them."""

import pytest

from approvals.models import ReviewItem
from tenants import access
from tenants.errors import Invalid
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from workflows.models import StepRun

VALUE = '{"text": "Dear Mia, we refund it.", "refund": {"value": 4820, "currency": "USD"}}'


@pytest.fixture
def stuck(lane: Lane, model: ModelServer) -> Lane:
    """A lane whose newest run could not write its draft."""
    model.answers = [Reply(400, "no such model")]
    lane.use(with_model(MODEL))
    lane.start()
    assert lane.run().status == "failed"
    return lane


def test_an_exception_says_whose_it_is_and_why(stuck: Lane) -> None:
    exception = stuck.exception()
    assert exception.draft["owner"] == "Owner Harbor & Pine"
    assert exception.draft["owner_id"] == str(stuck.client.owner.pk)
    assert "no such model" in exception.draft["problem"]
    assert exception.draft["options"] == ["retry", "skip", "hand", "cancel", "close"]


def test_a_value_given_by_a_person_becomes_the_steps_output(stuck: Lane) -> None:
    stuck.resolve("skip", value=VALUE, words="I wrote it.")
    row = StepRun.objects.get(name="reply", replaced_at=None)
    assert row.output["text"] == "Dear Mia, we refund it."
    assert row.output["given_by"] == "Owner Harbor & Pine"
    assert row.note == "Given by Owner Harbor & Pine."
    assert "step.given" in stuck.verbs()
    assert stuck.item().title == "Refund $48.20 to Mia Chen and tell them why"
    stuck.decide()
    assert stuck.run().status == "done"
    assert stuck.post.messages[0]["text"].strip() == "Dear Mia, we refund it."


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "Write the value"),
        ("Dear Mia", "does not fit"),
        ('{"text": 7, "refund": {"value": 1, "currency": "USD"}}', "does not fit"),
        ('{"text": "x", "refund": {"value": 1, "currency": "EUR"}}', "does not fit"),
        ('{"text": "x"', "not JSON"),
        ("[1]", "JSON object"),
        ('{"text": "x", "text": "y"}', "same text"),
        ('{"text": "x", "refund": {"value": 1.5, "currency": "USD"}}', "exact"),
        ("{" + '"a":{' * 5000, "not JSON"),
        ('{"text": "' + "x" * 70_000 + '", "refund": {"value": 1, "currency": "USD"}}', "64 kB"),
    ],
    ids=range(10),
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_is_decided(
    stuck: Lane, value: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        stuck.resolve("skip", value=value)
    assert stuck.exception().status == "waiting"
    assert stuck.steps()["reply"] == "failed"


def test_an_action_that_is_skipped_lets_the_rest_be_asked_for(lane: Lane) -> None:
    lane.shop.status = 422
    lane.start()
    lane.decide()
    lane.resolve("skip", value='{"credited": true}')
    assert lane.steps()["refund"] == "done"
    assert [p.step for p in lane.item().proposals.all()] == ["send"]
    lane.decide()
    assert lane.run().status == "done"
    assert len(lane.shop.requests) == len(lane.post.messages) == 1


def test_an_exception_can_be_handed_to_somebody_with_a_note(stuck: Lane) -> None:
    first = stuck.exception()
    approver = stuck.client.approver
    access.grant(stuck.workflow, approver, actor=stuck.client.actor())
    stuck.resolve("hand", to=str(approver.pk), words="You know this one.")
    second = stuck.exception()
    assert second.pk != first.pk
    assert second.draft["owner"] == "Approver Harbor & Pine"
    assert second.draft["handed_by"] == "Owner Harbor & Pine"
    assert second.draft["note"] == "You know this one."
    assert second.draft["options"] == first.draft["options"]
    assert second.due_at == first.due_at
    assert stuck.run().status == "failed"
    stuck.resolve("skip", value=VALUE)
    assert stuck.item().title.startswith("Refund $48.20")


@pytest.mark.parametrize("to", ["", "x", "viewer", "stranger"])
def test_it_can_be_handed_only_to_who_may_decide(stuck: Lane, to: str) -> None:
    people = {"viewer": stuck.client.viewer, "stranger": stuck.world.quill.owner}
    with pytest.raises(Invalid):
        stuck.resolve("hand", to=str(people[to].pk) if to in people else to)
    assert stuck.exception().status == "waiting"


def test_a_run_can_be_cancelled_from_its_exception(stuck: Lane) -> None:
    stuck.resolve("cancel", words="Not needed.")
    assert stuck.run().status == "cancelled"
    assert not ReviewItem.objects.filter(status="waiting").exists()
    assert "run.cancelled" in stuck.verbs()


def test_trying_again_begins_what_came_after_too(stuck: Lane, model: ModelServer) -> None:
    model.answers = offline
    stuck.resolve("retry")
    stuck.decide()
    assert set(stuck.steps().values()) == {"done"}
