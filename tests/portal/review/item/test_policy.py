"""An item under a policy: who must agree, who has, and what the viewer may do."""

import pytest

from approvals.models import Decision, ReviewItem, SignOff
from tenants.scope import tenant_scope
from tests.portal.policies.policy_form_kit import TWO, text
from tests.portal.review_kit import Visitor, ask, inside
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def two_sign(world: World, owner: Visitor) -> ReviewItem:
    """An item that the owner and the approver both have to approve."""
    approver = str(world.harbor.approver.pk)
    assert owner.post("/policies/add/", TWO | {"also": approver}).status_code == 302
    return ask(world.harbor)


def test_the_item_says_who_must_agree_and_who_has(world: World, owner: Visitor) -> None:
    client = world.harbor
    item = two_sign(world, owner)
    page = text(owner.get(f"/review/{item.pk}/"))
    assert f"By your policy it needs an owner, and {client.approver}" in page
    assert "Approve, and 1 more must" in page
    seen = {"choice": "accept", "content_hash": item.content_hash}
    assert owner.post(f"/review/{item.pk}/decide/", seen).status_code == 302
    page = text(owner.get(f"/review/{item.pk}/"))
    assert "Approved by you, and it needs somebody else too" in page
    assert f"{client.owner} approved it" in page
    assert "You have approved this. You can still reject it." in page
    assert "0 waiting" in text(owner.get("/review/"))
    other = inside(client, client.approver)
    assert "1 waiting" in text(other.get("/review/"))
    assert "Approve, refund and send" in text(other.get(f"/review/{item.pk}/"))
    assert other.post(f"/review/{item.pk}/decide/", seen).status_code == 302
    with tenant_scope(client.tenant.pk):
        assert SignOff.objects.count() == Decision.objects.count() == 1


def test_an_edit_asks_the_others(world: World, owner: Visitor) -> None:
    item = two_sign(world, owner)
    page = text(owner.get(f"/review/{item.pk}/?edit=1"))
    assert "Ask others to approve my version" in page
    form = {"choice": "correct", "content_hash": item.content_hash, "draft": "Better, Mia."}
    answer = owner.post(f"/review/{item.pk}/decide/", form)
    assert answer.status_code == 302
    other = inside(world.harbor, world.harbor.approver)
    page = text(other.get(f"/review/{item.pk}/"))
    assert "Better, Mia." in page
    # Case A16: who did not see it before is shown all that was edited, and by whom.
    assert "Edited by Owner Harbor & Pine, drafted by" in page
    assert "What was edited" in page
    assert "<ins>Better" in page
    assert "Your version waits for somebody else" in text(owner.get("/review/"))
    assert "What was edited" not in text(owner.get(f"/review/{item.pk}/"))  # their own


def test_who_is_not_asked_sees_why(world: World, owner: Visitor) -> None:
    owner.post("/policies/add/", TWO)
    item = ask(world.harbor)
    other = inside(world.harbor, world.harbor.approver)
    assert "You can look. It needs an owner." in text(other.get(f"/review/{item.pk}/"))
    seen = {"choice": "accept", "content_hash": item.content_hash}
    refused = other.post(f"/review/{item.pk}/decide/", seen)
    assert refused.status_code == 403
    assert "This needs an owner." in text(refused)
