"""A stand-in decides while somebody is away."""

from datetime import date, timedelta

from approvals.policies.absences import end_away, set_away
from approvals.rules.policy_terms import Group
from tenants import clock
from tests.lanes import Lane
from tests.policy_kit import dana, policy, second_owner, waits_for


def test_a_stand_in_decides_while_somebody_is_away(lane: Lane) -> None:
    sam = second_owner(lane)
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    today = date(2026, 11, 17)
    away = set_away(
        lane.client.approver.pk, today, today + timedelta(days=2), sam.id, actor=dana(lane)
    )
    assert waits_for(sam) == [lane.item()]
    with clock.at(clock.now() + timedelta(days=3)):
        assert waits_for(sam) == []
    end_away(away.pk, actor=dana(lane))
    assert waits_for(sam) == []
