"""Policies are set by owners, must be able to match and to be met, and what waits follows them."""

import pytest

from approvals.models import Policy
from approvals.policies.services import add_policy, move_up, remove_policy
from approvals.rules.policy_terms import Group
from audit import outbox
from tenants.errors import Forbidden, Invalid
from tenants.ids import uuid7
from tests.lanes import Lane
from tests.policy_kit import OWNERS, dana, names, policy, terms, waits_for


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"workflow_id": uuid7()}, "matches_nothing"),
        ({"tool": "shop.nothing"}, "matches_nothing"),
        ({"kind": "purchase"}, "matches_nothing"),
        ({"tool": "mail.send", "kind": "refund"}, "matches_nothing"),
        ({"over": -1}, "bad_amount"),
        ({"hours": 0}, "bad_hours"),
        ({"backup": OWNERS}, "no_hours"),
        ({"backup_after": 3}, "no_backup"),
        ({"backup": OWNERS, "backup_after": 8, "hours": 8}, "bad_hours"),
    ],
)
def test_a_policy_that_can_match_nothing_is_refused(lane: Lane, more: dict, code: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid) as refused:
        policy(lane, **more)
    assert refused.value.code == code
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("group", "code"),
    [
        (Group(), "nobody"),
        (Group(roles=("viewer",)), "bad_role"),
        (Group(people=(uuid7(),)), "bad_person"),
        (Group(roles=("owner",), needed=2), "few"),
        (Group(roles=("owner",), needed=0), "bad_number"),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(lane: Lane, group: Group, code: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid) as refused:
        policy(lane, group)
    assert refused.value.code == code


def test_only_owners_set_policies(lane: Lane) -> None:
    with pytest.raises(Forbidden):
        add_policy(terms(), names(lane), actor=dana(lane))
    with pytest.raises(Forbidden):
        add_policy(terms(), names(lane), actor=lane.world.staff(lane.client))


def test_what_waits_follows_the_list(lane: Lane) -> None:
    lane.start()
    assert waits_for(dana(lane)) == [lane.item()]
    first = policy(lane)
    assert waits_for(dana(lane)) == []
    second = policy(lane, Group(people=(lane.client.approver.pk,)))
    move_up(second.pk, names(lane), actor=lane.client.actor())
    outbox.drain()
    assert lane.item().policy_id == second.pk
    assert waits_for(dana(lane)) == [lane.item()]
    for made in (first, second):
        remove_policy(made.pk, names(lane), actor=lane.client.actor())
    outbox.drain()
    assert lane.item().policy_id is None
    assert "policy.removed" in lane.verbs()
