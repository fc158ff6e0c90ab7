"""The numbers of how people approved are by person, of the last days, and for few to see."""

from datetime import timedelta

import pytest

from approvals.decisions.withdrawal import withdraw_decision
from approvals.quality.selectors import DAYS, quality, require_quality_reader
from approvals.rules.quality_metrics import Share
from tenants import clock
from tenants.errors import Forbidden
from tests.approvals.planting_kit import answer, planted
from tests.lanes import Lane
from tests.policy_kit import both, dana, policy


def test_only_owners_and_staff_read_about_people(lane: Lane) -> None:
    require_quality_reader(lane.client.actor())
    require_quality_reader(lane.world.staff(lane.client, lane.world.reviewer))
    for user in (lane.client.approver, lane.client.viewer):
        with pytest.raises(Forbidden):
            quality(lane.client.actor(user))


def test_a_client_that_decided_nothing_has_no_numbers(lane: Lane) -> None:
    found = quality(lane.client.actor())
    assert (found.people, found.disagreed, found.planted, found.is_capped) == ([], [], [], False)


def test_decisions_and_sign_offs_count_for_those_who_made_them(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    lane.say(seconds=100)
    lane.decide(actor=dana(lane), seconds=1)
    lane.start(order_id="10413")
    lane.decide("reject", reason="tone", actor=dana(lane))
    approver, owner = quality(lane.client.actor()).people
    assert (approver.user, owner.user) == (lane.client.approver, lane.client.owner)
    assert (approver.habits.decisions, owner.habits.decisions) == (2, 1)
    assert (approver.habits.fast, owner.habits.fast) == (Share(1, 1), Share(0, 1))
    assert approver.habits.by_choice == {"accept": Share(1, 2), "reject": Share(1, 2)}
    assert (owner.agreed, owner.caught) == (Share(0, 0), Share(0, 0))


def test_what_is_long_ago_counts_no_more(lane: Lane) -> None:
    lane.start()
    lane.decide()
    with clock.at(clock.now() + timedelta(days=DAYS) - timedelta(seconds=1)):
        assert len(quality(lane.client.actor()).people) == 1
    with clock.at(clock.now() + timedelta(days=DAYS, seconds=1)):
        assert quality(lane.client.actor()).people == []


def test_a_planted_mistake_that_waits_is_shown_to_staff_alone(lane: Lane) -> None:
    item = planted(lane)
    staff = lane.world.staff(lane.client)
    assert [one.item_id for one in quality(staff).planted] == [item.pk]
    assert quality(lane.client.actor()).planted == []
    answer(lane, item, "reject", reason="wrong_facts")
    found = quality(lane.client.actor())
    assert [one.outcome for one in found.planted] == ["caught"]
    [owner] = found.people
    assert (owner.caught, owner.habits.decisions) == (Share(1, 1), 1)


def test_a_decision_that_was_taken_back_does_not_count(lane: Lane) -> None:
    lane.client.tenant.__class__.objects.update(take_back_seconds=60)
    lane.start()
    item = lane.item()
    lane.say("accept")
    withdraw_decision(item.pk, actor=lane.client.actor())
    lane.say("reject", reason="tone")
    (owner,) = quality(lane.client.actor()).people
    assert owner.habits.decisions == 1
    assert owner.habits.by_choice == {"reject": Share(1, 1)}
