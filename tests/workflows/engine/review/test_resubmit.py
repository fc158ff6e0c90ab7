"""What was approved and could not be done is asked for again, and only what is left of it."""

from datetime import timedelta

from approvals.policies.services import change_policy
from audit import outbox
from tenants import clock
from tests.lanes import Lane
from tests.policy_kit import names, policy, terms


def test_asking_again_after_half_of_it_does_the_other_half_only(lane: Lane) -> None:
    lane.post.answer = "550 no such mailbox"
    lane.start()
    lane.decide()
    lane.post.answer = "250 OK"
    lane.resolve("ask_again")
    item = lane.item()
    assert [p.step for p in item.proposals.all()] == ["send"]
    assert item.title == "E-mail mia@customers.example: Re: Broken lamp"
    lane.decide()
    assert len(lane.shop.requests) == 1
    assert len(lane.post.messages) == 2  # the refused one, and the one that went
    assert lane.run().status == "done"
    assert lane.run().outcome == "accepted"
    assert lane.steps() == dict.fromkeys(("facts", "reply", "refund", "send"), "done")


def test_when_it_did_not_happen_a_person_is_asked_anew(lane: Lane) -> None:
    lane.post.answer = None
    lane.start()
    lane.decide()
    lane.post.answer = "250 OK"
    lane.resolve("did_not")
    assert [p.step for p in lane.item().proposals.all()] == ["send"]
    lane.decide()
    assert len(lane.post.messages) == 2
    assert len(lane.shop.requests) == 1
    assert lane.run().status == "done"


def test_when_the_first_did_happen_the_second_is_asked_for(lane: Lane) -> None:
    lane.shop.status = None
    lane.start()
    lane.decide()
    for _ in range(5):
        lane.pass_time(minutes=1)
    lane.resolve("happened")
    assert [p.step for p in lane.item().proposals.all()] == ["send"]
    assert lane.run().outcome == "partial"
    lane.decide("reject", reason="not_needed")
    assert lane.run().status == "done"
    assert lane.run().outcome == "partial"
    assert lane.post.messages == []


def test_what_is_asked_again_falls_under_the_policy_too(lane: Lane) -> None:
    made = policy(lane)
    lane.start()
    lane.say()
    change_policy(made.pk, terms(hours=8), names(lane), actor=lane.client.actor())
    outbox.drain()
    lane.resolve("ask_again")
    item = lane.item()
    assert item.policy_id == made.pk
    assert item.due_at - clock.now() == timedelta(hours=24)  # eight working hours from noon
    lane.decide()
    assert lane.statuses() == {"refund": "executed", "send": "executed"}
