"""A decision can be taken back for some seconds, while nothing has followed from it."""

from datetime import timedelta

import pytest

from approvals.decisions import withdrawal
from approvals.decisions.undo import ask_undo
from approvals.models import Decision, Permit, ReviewItem, SignOff
from approvals.rules.policy_terms import Group
from tenants import clock
from tenants.errors import Conflict, Forbidden
from tests.lanes import Lane
from tests.policy_kit import dana, policy, waits_for
from tests.undo_kit import make_undoable
from workflows.services.decision_withdrawal import withdraw_open_decision
from workflows.services.runs import cancel_run


@pytest.fixture
def held(lane: Lane) -> Lane:
    """The client lets ten seconds pass before anything follows."""
    lane.client.tenant.take_back_seconds = 10
    lane.client.tenant.save()
    lane.start()
    return lane


def test_nothing_follows_until_the_seconds_are_over(held: Lane) -> None:
    held.decide()
    held.pass_time(seconds=9)
    assert held.shop.requests == []
    held.pass_time(seconds=2)
    assert len(held.shop.requests) == 1
    assert held.run().status == "done"


@pytest.mark.parametrize("choice", ["accept", "reject", "take_over"])
def test_what_was_taken_back_waits_as_it_was(held: Lane, choice: str) -> None:
    before = held.item()
    held.decide(choice, reason="tone" if choice == "reject" else "")
    withdraw_open_decision(before.pk, actor=held.client.actor())
    held.pass_time(seconds=30)
    now = held.item()
    assert (now.pk, now.content_hash, now.choice) == (before.pk, before.content_hash, "")
    assert set(held.statuses().values()) == {"proposed"}
    assert held.shop.requests == []
    assert not Permit.objects.filter(status="open").exists()
    assert Decision.objects.get().round < now.round
    assert held.verbs()[-1] == "item.taken_back"


def test_it_can_be_decided_again_and_is_carried_out_once(held: Lane) -> None:
    item = held.item()
    held.decide()
    withdraw_open_decision(item.pk, actor=held.client.actor())
    held.decide()
    held.pass_time(seconds=11)
    assert len(held.shop.requests) == 1
    assert held.permits() == ["redeemed", "redeemed", "void", "void"]


def test_an_edit_that_was_taken_back_leaves_what_was_there(held: Lane) -> None:
    item = held.item()
    amount = {0: {"amount": {"value": 1200, "currency": "USD"}}}
    held.decide("correct", args=amount)
    withdraw_open_decision(item.pk, actor=held.client.actor())
    assert held.item().content_hash == item.content_hash
    held.decide("correct", args={0: {"amount": {"value": 2400, "currency": "USD"}}})
    held.pass_time(seconds=11)
    assert [r["body"]["amount"]["value"] for r in held.shop.requests] == [2400]
    revisions = held.proposals()["refund"].item.proposals.filter(position=0).order_by("revision")
    assert [p.status for p in revisions] == ["superseded", "cancelled", "executed"]


def test_after_the_seconds_it_is_too_late(held: Lane) -> None:
    item = held.item()
    held.say()
    clock.pass_time(timedelta(seconds=11))
    with pytest.raises(Conflict, match="too late"):
        withdraw_open_decision(item.pk, actor=held.client.actor())
    held.pass_time(seconds=1)
    assert len(held.shop.requests) == 1
    with pytest.raises(Conflict, match="done"):
        withdraw_open_decision(item.pk, actor=held.client.actor())


def test_without_seconds_nothing_can_be_taken_back(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    lane.say()
    with pytest.raises(Conflict, match="too late"):
        withdraw_open_decision(item.pk, actor=lane.client.actor())


def test_only_who_decided_takes_it_back(held: Lane) -> None:
    item = held.item()
    held.decide()
    for actor in (dana(held), held.world.staff(held.client)):
        with pytest.raises(Forbidden, match="Only"):
            withdraw_open_decision(item.pk, actor=actor)


def test_a_yes_that_others_must_join_can_be_taken_back(lane: Lane) -> None:
    policy(lane, Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2))
    lane.start()
    item = lane.item()
    lane.say(actor=dana(lane))
    assert waits_for(dana(lane)) == []
    withdraw_open_decision(item.pk, actor=dana(lane))
    assert waits_for(dana(lane)) == [item]
    assert not SignOff.objects.exists()
    with pytest.raises(Conflict, match="nothing to take back"):
        withdraw_open_decision(item.pk, actor=dana(lane))


def test_the_last_yes_of_several_leaves_the_others(lane: Lane) -> None:
    lane.client.tenant.take_back_seconds = 10
    lane.client.tenant.save()
    policy(lane, Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2))
    lane.start()
    item = lane.item()
    lane.say(actor=dana(lane))
    lane.say()
    withdraw_open_decision(item.pk, actor=lane.client.actor())
    assert [one.by_id for one in SignOff.objects.all()] == [lane.client.approver.pk]
    lane.decide()
    lane.pass_time(seconds=11)
    assert lane.run().status == "done"


def test_a_run_that_was_cancelled_meanwhile_takes_the_item_with_it(held: Lane) -> None:
    item = held.item()
    held.say()
    cancel_run(item.run_id, actor=held.client.actor())
    with pytest.raises(Conflict, match="cancelled"):
        withdraw_open_decision(item.pk, actor=held.client.actor())
    held.pass_time(seconds=30)
    assert held.shop.requests == []


def test_its_deadline_comes_all_the_same(held: Lane) -> None:
    item = held.item()
    clock.pass_time(item.due_at - clock.now() - timedelta(seconds=5))
    held.decide()
    held.pass_time(seconds=6)  # the row that would end it comes while it is decided
    withdraw_open_decision(item.pk, actor=held.client.actor())
    held.pass_time(minutes=2)
    assert ReviewItem.objects.get(pk=item.pk).status == "expired"


def test_an_undo_is_not_taken_back(lane: Lane) -> None:
    make_undoable(lane)
    lane.start()
    item = lane.item()
    lane.decide()
    undo = ask_undo(item.pk, actor=lane.client.actor())
    with pytest.raises(Conflict, match="no decision to take back"):
        withdrawal.withdraw_decision(undo.pk, actor=lane.client.actor())
