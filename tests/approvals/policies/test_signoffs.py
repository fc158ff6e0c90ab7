"""Sign-offs: how many must agree, whose yes counts, and for what."""

import pytest

from approvals.models import Decision, ItemRevision, SignOff
from approvals.rules.policy_terms import Group
from audit import outbox
from tenants.errors import Conflict, Forbidden
from tenants.models import Membership
from tenants.services.people import end_membership
from tests.lanes import Lane
from tests.policy_kit import both, dana, policy, second_owner, waits_for


def test_two_must_agree(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    signed = lane.say()
    outbox.drain()
    assert isinstance(signed, SignOff)
    assert lane.item().status == "waiting"
    assert lane.permits() == []
    assert waits_for(lane.client.actor()) == []  # nothing is left for them to do
    with pytest.raises(Conflict, match="It still needs 1 more") as again:
        lane.say()
    assert again.value.code == "already_signed"
    decision = lane.decide(actor=dana(lane))
    assert decision.by_id == lane.client.approver.pk
    assert lane.statuses() == {"refund": "executed", "send": "executed"}
    assert [v for v in lane.verbs() if v.startswith("item.")] == [
        "item.opened",
        "item.signed",
        "item.accepted",
    ]


def test_one_no_is_enough(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    lane.say()
    lane.decide("reject", reason="unsafe", actor=dana(lane))
    assert lane.statuses() == {"refund": "rejected", "send": "rejected"}


def test_one_person_with_two_accounts_is_one(lane: Lane) -> None:
    """Case A5."""
    local, _, host = lane.client.owner.email.partition("@")
    twin = second_owner(lane, f"{local}+too@{host}")
    policy(lane, both(lane))
    lane.start()
    lane.say()
    signed = lane.say(actor=twin)
    assert isinstance(signed, SignOff)  # kept, and no use
    lane.decide(actor=dana(lane))
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


def test_who_edits_asks_another(lane: Lane) -> None:
    """Case A5: the editor does not count; the other sees and approves their version."""
    policy(lane, Group(roles=("owner", "approver")), apart=True)
    sam = second_owner(lane)
    lane.start()
    before = lane.item()
    edited = lane.say("correct", actor=sam, draft="Sorry, Mia. You have your money back.")
    assert isinstance(edited, ItemRevision)
    item = lane.item()
    assert item.content_hash != before.content_hash
    assert item.draft["text"] == "Sorry, Mia. You have your money back."
    with pytest.raises(Forbidden):
        lane.say(actor=sam)
    with pytest.raises(Conflict, match="changed since you looked"):
        lane.say(actor=dana(lane), item=before)
    decision = lane.decide(actor=dana(lane))
    assert decision.choice == "correct"
    assert decision.edit_distance == edited.edit_distance > 0
    (mail,) = lane.post.messages
    assert "You have your money back." in mail["text"]
    assert lane.run().outcome == "corrected"


def test_a_sign_off_counts_for_what_was_signed(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    lane.say()
    lane.say("correct", actor=dana(lane), draft="Something else.")
    assert lane.item().status == "waiting"
    assert SignOff.objects.filter(content_hash=lane.item().content_hash).count() == 1  # Dana's
    lane.decide()
    assert Decision.objects.get().choice == "correct"


def test_a_signer_who_left_before_the_effect_does_not_count(lane: Lane) -> None:
    """Case A4, for each of several."""
    policy(lane, both(lane))
    sam = second_owner(lane)
    lane.start()
    lane.say(actor=sam)
    lane.say(actor=dana(lane))
    membership = Membership.objects.get(user_id=sam.id)
    end_membership(membership.pk, actor=lane.client.actor())
    outbox.drain()
    assert lane.statuses()["refund"] == "refused"
