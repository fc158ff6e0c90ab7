"""What follows a decision: done, corrected, rejected, taken over, run out, cancelled."""

from datetime import timedelta

import pytest

from approvals.models import Permit, ReviewItem
from audit.canonical import sha256
from tenants import clock
from tenants.errors import Conflict, Invalid, Refused
from tests.lanes import Lane
from workflows.services.runs import cancel_run


def test_an_accepted_item_is_carried_out_once_in_order(lane: Lane) -> None:
    lane.start()
    assert lane.shop.requests == []
    lane.decide()
    assert [r["body"] for r in lane.shop.requests] == [
        {"order": "10412", "customer": "Mia Chen", "amount": {"value": 4820, "currency": "USD"}}
    ]
    (mail,) = lane.post.messages
    assert mail["to"] == ["mia@customers.example"]
    assert mail["subject"] == "Re: Broken lamp"
    assert "$48.20" in mail["text"]
    assert lane.run().status == "done"
    assert lane.run().outcome == "accepted"
    assert lane.steps() == dict.fromkeys(("facts", "reply", "refund", "send"), "done")
    assert lane.permits() == ["redeemed", "redeemed"]
    refund, send = lane.proposals()["refund"], lane.proposals()["send"]
    assert refund.result == {"status": 200, "body": {"ok": True}}
    assert lane.shop.requests[0]["key"] == f"hr-{refund.pk}"
    assert str(send.pk) in mail["message_id"]


def test_the_record_tells_the_story_in_order(lane: Lane) -> None:
    lane.start()
    lane.decide()
    verbs = lane.verbs()
    assert verbs[verbs.index("run.started") :] == [
        "run.started",
        "item.opened",
        "item.accepted",
        "proposal.approved",
        "proposal.approved",
        "effect.started",
        "effect.done",
        "effect.started",
        "effect.done",
        "run.finished",
    ]


def test_nothing_more_happens_however_often_the_outbox_is_drained(lane: Lane) -> None:
    lane.start()
    lane.decide()
    lane.pass_time(days=60)
    assert len(lane.shop.requests) == len(lane.post.messages) == 1


def test_a_rejection_does_nothing_and_keeps_the_reason(lane: Lane) -> None:
    lane.start()
    decision = lane.decide("reject", reason="wrong_facts", words="It was the blue lamp.")
    assert lane.shop.requests == []
    assert lane.post.messages == []
    assert lane.run().status == "done"
    assert lane.run().outcome == "rejected"
    assert lane.statuses() == {"refund": "rejected", "send": "rejected"}
    assert lane.steps() == {
        "facts": "done",
        "reply": "done",
        "refund": "skipped",
        "send": "skipped",
    }
    assert lane.permits() == []
    item = ReviewItem.objects.get()
    assert (item.choice, item.reason_code) == ("reject", "wrong_facts")
    assert decision.words == "It was the blue lamp."


def test_taking_over_leaves_it_to_the_person(lane: Lane) -> None:
    lane.start()
    lane.decide("take_over")
    assert lane.shop.requests == []
    assert lane.post.messages == []
    assert lane.run().outcome == "taken_over"
    assert lane.statuses() == {"refund": "rejected", "send": "rejected"}


@pytest.mark.parametrize(
    ("choice", "more", "code"),
    [
        ("reject", {}, "no_reason"),
        ("reject", {"reason": "because"}, "no_reason"),
        ("reject", {"reason": "other"}, "no_words"),
        ("reject", {"reason": "other", "words": "  "}, "no_words"),
        ("correct", {}, "no_edit"),
        ("correct", {"args": {7: {"body": "x"}}}, "no_edit"),
        ("correct", {"args": {0: {}}}, "no_edit"),
        ("correct", {"args": {0: {"recipient": "x"}}}, "bad_args"),
        ("correct", {"args": {0: {"amount": {"value": -1, "currency": "USD"}}}}, "bad_args"),
        ("correct", {"args": {0: {"amount": {"value": 0.5, "currency": "USD"}}}}, "not_canonical"),
        ("resolve", {"reason": "retry"}, "bad_choice"),
        ("approve", {}, "bad_choice"),
        ("", {}, "bad_choice"),
        ("accept", {"reason": "x" * 60}, "bad_choice"),
    ],
)
def test_a_choice_that_says_too_little_is_refused_and_changes_nothing(
    lane: Lane, choice: str, more: dict, code: str
) -> None:
    lane.start()
    with pytest.raises(Invalid) as refused:
        lane.say(choice, **more)
    assert refused.value.code == code
    # Without the transaction being rolled back: nothing was written before the check.
    assert lane.item().status == "waiting"
    assert not lane.item().decisions.exists()
    assert lane.statuses() == {"refund": "proposed", "send": "proposed"}


def test_a_correction_changes_what_is_done_and_its_hash(lane: Lane) -> None:
    lane.start()
    before = lane.proposals()
    half = {"value": 2410, "currency": "USD"}
    decision = lane.decide("correct", args={0: {"amount": half}, 1: {"body": "Half of it, sorry."}})
    assert lane.shop.requests[0]["body"]["amount"] == half
    assert lane.post.messages[0]["text"].strip() == "Half of it, sorry."
    after = lane.proposals()
    for step in ("refund", "send"):
        assert after[step].args_hash != before[step].args_hash
        assert after[step].args_hash == sha256(after[step].args)
        assert after[step].revision == 2
        assert Permit.objects.get(proposal=after[step]).args_hash == after[step].args_hash
        assert not Permit.objects.filter(proposal=before[step]).exists()
    assert after["refund"].args["order"] == "10412"
    before["refund"].refresh_from_db(from_queryset=type(before["refund"]).objects.all())
    assert before["refund"].status == "superseded"
    assert decision.edits["proposals"]["0"] == {"amount": half}
    assert decision.edit_distance > 0
    assert lane.run().outcome == "corrected"


def test_correcting_one_action_leaves_the_other_as_it_was(lane: Lane) -> None:
    lane.start()
    body = lane.proposals()["send"].args["body"]
    lane.decide("correct", args={0: {"amount": {"value": 100, "currency": "USD"}}})
    assert lane.shop.requests[0]["body"]["amount"]["value"] == 100
    assert lane.post.messages[0]["text"].strip() == body.strip()
    assert lane.proposals()["send"].revision == 1


def test_an_edited_draft_is_the_text_that_is_sent(lane: Lane) -> None:
    lane.start()
    lane.decide("correct", draft="Dear Mia, it is on its way.")
    assert lane.post.messages[0]["text"].strip() == "Dear Mia, it is on its way."
    assert len(lane.shop.requests) == 1


def test_the_arguments_given_win_over_the_edited_draft(lane: Lane) -> None:
    lane.start()
    lane.decide("correct", draft="The draft.", args={1: {"body": "The mail."}})
    assert lane.post.messages[0]["text"].strip() == "The mail."


def test_a_correction_to_something_forbidden_is_not_done(lane: Lane) -> None:
    """The never-rule about $200 holds for people's edits too."""
    lane.start()
    with pytest.raises(Refused, match="Dana handles large refunds"):
        lane.decide("correct", args={0: {"amount": {"value": 30_000, "currency": "USD"}}})
    assert lane.item().status == "waiting"
    assert lane.shop.requests == []
    assert lane.post.messages == []


def test_an_item_nobody_decides_runs_out_and_nothing_is_done(lane: Lane) -> None:
    """Case L3."""
    lane.start()
    item = lane.item()
    lane.pass_time(hours=23, minutes=59)
    assert lane.item().pk == item.pk
    lane.pass_time(minutes=1)
    assert ReviewItem.objects.get().status == "expired"
    assert lane.statuses() == {"refund": "expired", "send": "expired"}
    assert lane.run().status == "done"
    assert lane.run().outcome == "expired"
    assert lane.shop.requests == []
    assert lane.post.messages == []
    assert "item.expired" in lane.verbs()


def test_a_decision_after_the_time_is_refused_even_before_the_sweep(lane: Lane) -> None:
    """Case L3."""

    lane.start()
    clock.pass_time(timedelta(hours=24))
    with pytest.raises(Conflict) as refused:
        lane.say()
    assert refused.value.code == "expired"


def test_an_item_dies_with_its_run_and_the_run_hears_of_it(lane: Lane) -> None:
    """Case L8."""
    run = lane.start()
    item = lane.item()
    cancel_run(run.pk, actor=lane.client.actor(), reason="Mia called.")
    with pytest.raises(Conflict) as refused:
        lane.say(item=item)
    assert refused.value.code == "already_decided"
    lane.pass_time(days=40)
    assert ReviewItem.objects.get().status == "cancelled"
    assert lane.statuses() == {"refund": "cancelled", "send": "cancelled"}
    assert lane.run().status == "cancelled"
    assert lane.shop.requests == []
