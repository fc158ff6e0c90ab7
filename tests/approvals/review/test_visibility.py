"""The queue's condition lets people decide exactly what roles, grants and policies let them."""

from typing import Any

import pytest
from django.db.models import Q

from approvals.models import Policy, ReviewItem, SignOff
from approvals.review.visibility import by_roles, reach_of, viewer_of
from approvals.rules.policy_terms import Group
from tenants import access, clock
from tenants.actors import Actor
from tests.approvals.put_up import put_up
from tests.lanes import Lane
from tests.policy_kit import OWNERS, both, dana, policy


def decides(actor: Actor) -> list[ReviewItem]:
    reach, people = reach_of(actor)
    where = reach.decidable(viewer_of(actor, people))
    return [] if where is None else list(ReviewItem.objects.filter(where))


def in_team(actor: Actor) -> list[ReviewItem]:
    reach, people = reach_of(actor)
    where = reach.team(viewer_of(actor, people))
    return [] if where is None else list(ReviewItem.objects.filter(where))


def under(lane: Lane, *groups: Group, **more: Any) -> ReviewItem:
    """An item that waits under a policy of these groups."""
    return put_up(lane, policy_id=policy(lane, *groups, **more).pk)


def test_without_policies_roles_and_grants_decide(lane: Lane) -> None:
    item, owner = put_up(lane), lane.client.actor()
    viewer = lane.client.actor(lane.client.viewer)
    assert by_roles(owner) == Q()
    assert by_roles(viewer) is None
    assert [decides(one) for one in (owner, dana(lane), viewer)] == [[item], [item], []]
    assert [in_team(one) for one in (owner, dana(lane), viewer)] == [[item], [item], []]
    access.revoke(lane.workflow, lane.client.approver, actor=owner)
    assert (decides(dana(lane)), in_team(dana(lane))) == ([], [])


def test_staff_and_keys_decide_nothing(lane: Lane) -> None:
    put_up(lane)
    assert decides(lane.world.staff(lane.client)) == []
    assert decides(Actor("key", lane.client.owner.pk, "a key")) == []


def test_under_a_policy_only_its_people_decide(lane: Lane) -> None:
    item = under(lane, OWNERS)
    assert decides(lane.client.actor()) == [item]
    assert decides(dana(lane)) == []
    assert in_team(dana(lane)) == [item]  # by grant, as before


def test_a_policy_asks_people_who_were_not_granted_the_workflow(lane: Lane) -> None:
    item = under(lane, Group(people=(lane.client.approver.pk,)))
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    assert decides(dana(lane)) == [item]
    assert in_team(dana(lane)) == [item]
    assert decides(lane.client.actor()) == []


def test_the_backup_decides_once_the_item_was_escalated(lane: Lane) -> None:
    named, backup = Group(people=(lane.client.approver.pk,)), OWNERS
    item = under(lane, named, backup=backup, backup_after=2, hours=8)
    assert decides(lane.client.actor()) == []
    ReviewItem.objects.filter(pk=item.pk).update(escalated_at=clock.now())
    assert decides(lane.client.actor()) == [item]


def test_who_has_signed_this_content_has_nothing_left_to_decide(lane: Lane) -> None:
    item, owner = under(lane, both(lane)), lane.client.actor()
    for content in ("0" * 64, item.content_hash):
        assert decides(owner) == [item]
        SignOff.objects.create(item=item, by_id=owner.id, role="owner", content_hash=content)
    assert decides(owner) == []
    assert in_team(owner) == [item]
    assert decides(dana(lane)) == [item]


@pytest.mark.parametrize("by", ["asked", "id", "mailbox"])
def test_who_asked_for_it_or_shaped_it_decides_not_where_the_policy_sets_apart(
    lane: Lane, by: str
) -> None:
    item, owner = under(lane, OWNERS, apart=True), lane.client.owner
    assert decides(lane.client.actor()) == [item]
    changes: dict[str, Any] = {
        "asked": {"asked_by_person": owner.pk},
        "id": {"shaped_by": [str(owner.pk)]},
        "mailbox": {"shaped_by": [owner.email]},
    }[by]
    ReviewItem.objects.filter(pk=item.pk).update(**changes)
    assert decides(lane.client.actor()) == []


def test_the_reach_names_no_policy_so_that_clients_share_compiled_queries(lane: Lane) -> None:
    owner, found = lane.client.actor(), []
    for _ in range(2):
        Policy.objects.all().delete()
        made = policy(lane, OWNERS, apart=True)
        found.append((made.pk, reach_of(owner)[0]))
    assert found[0][0] != found[1][0]
    assert found[0][1] == found[1][1]
    assert hash(found[0][1]) == hash(found[1][1])
