"""Who is told that an item is half over, was escalated, or can be decided by nobody."""

from uuid import UUID

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from approvals.review.approval import ApprovalState
from approvals.rules.policy_terms import Board, Group, Person, PolicyTerms
from audit import outbox
from portal.notices import item_events
from portal.notices.models import Notice
from tenants import clock
from tests.lanes import open_lane
from tests.policy_kit import policy

ANA, BEA, MAX = (
    Person(UUID(int=n), name, f"{name}@c.example", "owner") for n, name in enumerate("abm", 1)
)
OWN, BACKUP = Group(people=(ANA.id,), needed=1), Group(people=(BEA.id,))


def state(*signed: UUID, escalated: bool = False) -> ApprovalState:
    terms = PolicyTerms(UUID(int=9), 1, (OWN,), currency="USD", backup=BACKUP, backup_after=4)
    return ApprovalState(terms, Board((ANA, BEA, MAX), {}, escalated=escalated), signed)


@pytest.mark.parametrize(
    ("found", "kind", "people"),
    [
        (state(), "reminder", [ANA]),
        (state(ANA.id), "reminder", []),
        (state(escalated=True), "reminder", [ANA, BEA]),
        (state(BEA.id, escalated=True), "reminder", [ANA]),
        (state(), "backup", []),
        (state(escalated=True), "backup", [BEA]),
        (state(BEA.id, escalated=True), "backup", []),
    ],
)
def test_who_may_sign_and_has_not_is_told(
    found: ApprovalState, kind: str, people: list[Person]
) -> None:
    asked = [one for one in (ANA, BEA, MAX) if item_events.is_recipient(found, one.id, kind)]
    assert asked == people


def claim_of(item: ReviewItem) -> outbox.Claim:
    return outbox.Claim(item.pk, item.tenant_id, "item.event", item.pk, 1)


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("kind", "to"))


@pytest.mark.django_db
def test_an_item_is_told_of_once_to_each_and_to_nobody_once_it_is_decided() -> None:
    with open_lane() as lane:
        policy(lane, Group(people=(lane.client.approver.pk,)))
        lane.start()
        item = lane.item()
        for _ in range(2):
            item_events.reminded(claim_of(item))
            item_events.escalated(claim_of(item))
        assert told() == {("reminder", lane.client.approver.email)}
        Notice.objects.all().delete()
        approver = lane.client.actor(lane.client.approver)
        decide(item.pk, Choice("accept", item.content_hash), actor=approver)
        item_events.reminded(claim_of(item))
        assert told() == set()


@pytest.mark.django_db
def test_the_owner_and_the_operators_hear_that_nobody_may_decide() -> None:
    with open_lane() as lane:
        lane.start()
        item = lane.item()
        item_events.stranded(claim_of(item))
        assert told() == set()
        ReviewItem.objects.filter(pk=item.pk).update(stranded_at=clock.now())
        item_events.stranded(claim_of(item))
        assert told() == {
            ("stranded", lane.client.owner.email),
            ("stranded", lane.world.operator.email),
        }


@pytest.mark.django_db
def test_without_a_policy_nobody_is_reminded() -> None:
    with open_lane() as lane:
        lane.start()
        assert item_events.standing_now(lane.item()) is None
        item_events.reminded(claim_of(lane.item()))
        assert told() == set()
