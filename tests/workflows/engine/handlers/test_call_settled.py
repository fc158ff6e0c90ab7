"""What goes wrong outside: models, shops and mail servers that fail, and what people do then."""

import pytest
from django.test import override_settings

from approvals.models import Permit, Proposal, ReviewItem
from tenants.services.tenants import resume_everything, stop_everything
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model


def test_a_model_over_the_wire_writes_the_draft(lane: Lane, model: ModelServer) -> None:
    lane.use(with_model(MODEL))
    lane.start()
    assert lane.item().title == "Refund $48.20 to Mia Chen and tell them why"
    (request,) = model.requests
    assert request["model"] == "scripted"
    assert request["response_format"]["json_schema"]["schema"]["required"] == ["text", "refund"]
    (call,) = lane.calls("model")
    assert (call.name, call.why, call.status) == (MODEL, "named in the version", "done")
    assert call.tokens_in > 0
    assert lane.item().evidence["model"] == MODEL


def test_a_model_that_fails_is_asked_three_times_then_a_person(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(500, "overloaded")]
    lane.use(with_model(MODEL))
    lane.start()
    assert len(model.requests) == 1
    lane.pass_time(seconds=1)
    assert len(model.requests) == 1  # each wait is longer than the one before
    lane.pass_time(seconds=1)
    assert len(model.requests) == 2
    lane.pass_time(seconds=4)
    assert len(model.requests) == 2
    lane.pass_time(seconds=40)  # two failures in a row held its calls
    assert len(model.requests) == 3
    lane.pass_time(minutes=10)
    assert len(model.requests) == 3
    assert lane.run().status == "failed"
    assert lane.steps() == {
        "facts": "done",
        "reply": "failed",
        "refund": "skipped",
        "send": "skipped",
    }
    exception = lane.exception()
    assert "could not be written" in exception.draft["problem"]
    assert exception.draft["options"] == ["retry", "skip", "hand", "cancel", "close"]
    assert [c.attempt for c in lane.calls("model")] == [1, 2, 3]


def test_trying_again_after_the_model_is_back_goes_on_as_if_nothing_had_been(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(503)]
    lane.use(with_model(MODEL))
    lane.start()
    lane.pass_time(minutes=1)
    lane.pass_time(minutes=1)
    assert lane.run().status == "failed"
    model.answers = offline
    lane.resolve("retry")
    lane.pass_time(minutes=2)  # its calls are held
    assert lane.item().title == "Refund $48.20 to Mia Chen and tell them why"
    lane.decide()
    assert lane.run().status == "done"
    assert lane.run().problem == ""
    assert len(lane.shop.requests) == len(lane.post.messages) == 1
    assert len(model.requests) == 4


def test_closing_an_exception_leaves_the_run_failed(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400, "no such model")]
    lane.use(with_model(MODEL))
    lane.start()
    assert len(model.requests) == 1  # a refusal is not tried again
    lane.resolve("close")
    assert lane.run().status == "failed"
    assert not ReviewItem.objects.filter(status="waiting").exists()


def test_a_second_failure_after_trying_again_is_an_exception_again(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(400)]
    lane.use(with_model(MODEL))
    lane.start()
    lane.resolve("retry")
    assert len(model.requests) == 2
    assert "could not be written" in lane.exception().draft["problem"]


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Here is your reply.",
        '{"text": "Hello"}',
        '{"text": 7, "refund": {"value": 1, "currency": "USD"}}',
        '{"text": "Hello", "refund": {"value": 1, "currency": "EUR"}}',
        '["text"]',
        '{"text": "Hello", "refund": {"value": NaN, "currency": "USD"}}',
        '{"text": "He\\u0000llo", "refund": {"value": 1, "currency": "USD"}}',
        '{"text": "\\ud800", "refund": {"value": 1, "currency": "USD"}}',
        "",
        "[" * 50_000,
    ],
    ids=range(10),
)
def test_an_answer_that_does_not_fit_is_repaired_once_then_an_exception(
    lane: Lane, model: ModelServer, answer: str
) -> None:
    model.answers = [answer]
    lane.use(with_model(MODEL))
    lane.start()
    lane.pass_time(minutes=10)
    # There is nothing to repair in an empty one.
    assert len(model.requests) == (2 if answer else 1)
    assert lane.exception().draft["options"] == ["retry", "skip", "hand", "cancel", "close"]
    assert lane.steps()["reply"] == "failed"


def test_a_model_that_proposes_more_than_the_rules_allow_is_refused(
    lane: Lane, model: ModelServer
) -> None:
    """Case G4: the model's word is data; the gate decides."""
    model.answers = [{"text": "Take it all.", "refund": {"value": 99_999, "currency": "USD"}}]
    lane.use(with_model(MODEL))
    lane.start()
    assert "was refused" in lane.exception().draft["problem"]
    assert lane.shop.requests == []


# -- Effects -------------------------------------------------------------------------------


def test_a_second_effect_that_fails_leaves_the_first_and_is_shown_as_partial(lane: Lane) -> None:
    lane.post.answer = "550 no such mailbox"
    lane.start()
    lane.decide()
    assert lane.statuses() == {"refund": "executed", "send": "failed"}
    assert lane.steps()["refund"] == "done"
    assert lane.steps()["send"] == "failed"
    assert lane.run().status == "failed"
    assert lane.run().outcome == "partial"
    exception = lane.exception()
    assert "did not happen" in exception.draft["problem"]
    assert exception.draft["options"] == ["ask_again", "skip", "hand", "cancel", "close"]
    assert "effect.failed" in lane.verbs()


def test_a_first_effect_that_fails_stops_the_second(lane: Lane) -> None:
    lane.shop.status = 422
    lane.start()
    lane.decide()
    assert lane.statuses() == {"refund": "failed", "send": "cancelled"}
    assert lane.post.messages == []
    assert lane.permits() == ["redeemed", "void"]
    assert lane.run().status == "failed"
    assert lane.run().outcome == "accepted"  # decided so; nothing of it was done
    assert "refused with 422" in lane.exception().draft["problem"]


def test_a_busy_shop_is_asked_again_with_the_same_key(lane: Lane) -> None:
    lane.shop.status = 503
    lane.start()
    lane.decide()
    assert lane.statuses() == {"refund": "executing", "send": "approved"}
    lane.shop.status = 200
    lane.pass_time(seconds=30)
    assert list(lane.shop.by_key.values()) == [2]
    assert len(lane.shop.effects) == 1
    assert lane.run().status == "done"


def test_a_lost_answer_is_settled_by_the_key(lane: Lane) -> None:
    """Case D4: the shop acted, then the connection broke off; the key makes it safe to ask."""
    lane.shop.status = None
    lane.start()
    lane.decide()
    assert lane.statuses()["refund"] == "executing"
    assert len(lane.shop.requests) == 1
    lane.shop.status = 200
    lane.pass_time(seconds=30)
    assert list(lane.shop.effects_by_key.values()) == [1]
    assert list(lane.shop.by_key.values()) == [2]
    assert lane.run().status == "done"


def test_a_shop_that_never_answers_ends_in_doubt_with_a_person(lane: Lane) -> None:
    """Case D4."""
    lane.shop.status = None
    lane.start()
    lane.decide()
    for _ in range(5):
        lane.pass_time(minutes=1)
    assert list(lane.shop.by_key.values()) == [3]
    assert lane.statuses() == {"refund": "in_doubt", "send": "cancelled"}
    assert lane.exception().draft["options"] == ["happened", "did_not", "hand"]
    assert lane.post.messages == []


def test_a_mail_whose_fate_is_unknown_is_never_sent_again_by_itself(lane: Lane) -> None:
    """Case D4: SMTP takes no key."""
    lane.post.answer = None
    lane.start()
    lane.decide()
    for _ in range(5):
        lane.pass_time(minutes=10)
    assert len(lane.post.messages) == 1
    assert lane.statuses() == {"refund": "executed", "send": "in_doubt"}
    exception = lane.exception()
    assert "may or may not have happened" in exception.draft["problem"]
    assert exception.draft["options"] == ["happened", "did_not", "hand"]
    assert "effect.in_doubt" in lane.verbs()


@pytest.mark.parametrize(
    ("way", "status", "verb"),
    [("happened", "executed", "effect.done"), ("did_not", "failed", "effect.failed")],
)
def test_a_person_says_whether_it_happened(lane: Lane, way: str, status: str, verb: str) -> None:
    lane.post.answer = None
    lane.start()
    lane.decide()
    lane.post.answer = "250 OK"
    first = ReviewItem.objects.get(kind="proposal")
    before = lane.verbs().count(verb)
    lane.resolve(way)
    assert Proposal.objects.get(step="send", item=first).status == status
    assert lane.verbs().count(verb) == before + 1
    assert len(lane.post.messages) == 1
    assert ReviewItem.objects.filter(status="waiting").exists() is (way == "did_not")


def test_when_it_did_happen_the_run_is_done(lane: Lane) -> None:
    lane.post.answer = None
    lane.start()
    lane.decide()
    lane.resolve("happened")
    assert lane.steps()["send"] == "done"
    assert lane.run().status == "done"
    assert lane.run().outcome == "accepted"


def test_a_mail_server_that_cannot_be_reached_did_not_act(lane: Lane) -> None:
    with override_settings(EMAIL_PORT=1):
        lane.start()
        lane.decide()
        assert lane.statuses()["send"] == "executing"
    lane.pass_time(minutes=1)
    assert lane.statuses()["send"] == "executed"
    assert len(lane.post.messages) == 1


def test_a_stop_between_two_tries_is_no_doubt(lane: Lane) -> None:
    """Looking at a stopped call is not the same as having begun it."""
    lane.start()
    with override_settings(EMAIL_PORT=1):
        lane.decide()
    assert lane.statuses()["send"] == "executing"
    stop_everything(actor=lane.client.actor())
    for _ in range(3):
        lane.pass_time(minutes=1)
    resume_everything(actor=lane.client.actor())
    lane.pass_time(minutes=1)
    assert lane.statuses()["send"] == "executed"
    assert len(lane.post.messages) == 1


@pytest.mark.parametrize("body", [b'{"note": "a\\u0000b"}', b"[NaN]", b"\x00\xff", b"[" * 3000])
def test_whatever_the_shop_answers_is_kept_and_the_run_goes_on(lane: Lane, body: bytes) -> None:
    lane.shop.body = body
    lane.start()
    lane.decide()
    lane.pass_time(minutes=1)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "executed"
    assert lane.run().status == "done"


def test_each_effect_uses_its_own_permit_and_key(lane: Lane) -> None:
    lane.start()
    lane.decide()
    calls = lane.calls("tool")
    assert len({c.key for c in calls}) == 2
    assert {c.request["proposal"] for c in calls} == {
        str(pk) for pk in Permit.objects.values_list("proposal_id", flat=True)
    }
