"""Taking a decision back from the page, and how long that is offered."""

from datetime import timedelta

import pytest

from approvals.models import ReviewItem
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    Tenant.objects.update(take_back_seconds=10)
    return made


def test_the_notice_of_a_decision_offers_it_and_the_item_waits_again(world: World) -> None:
    item, visitor = ask(world.harbor), inside(world.harbor)
    visitor.decide(item, "accept")
    page = text(visitor.get("/review/"))
    assert f"/review/{item.pk}/back/" in page
    assert 'data-seconds="10"' in page
    back = visitor.post(f"/review/{item.pk}/back/", {"kind": "actions"})
    assert back["Location"].endswith(f"/review/{item.pk}/?kind=actions")
    page = text(visitor.get(f"/review/{item.pk}/"))
    assert "Taken back, it waits again" in page
    assert "Approve, refund and send" in page


def test_its_own_page_offers_it_for_ten_seconds_to_who_decided(world: World) -> None:
    harbor = world.harbor
    item, visitor = ask(harbor), inside(harbor)
    visitor.decide(item, "accept")
    visitor.get("/review/")  # shows the notice, and forgets it
    path, offer = f"/review/{item.pk}/", f"/review/{item.pk}/back/"
    assert offer in text(visitor.get(path))
    assert offer not in text(inside(harbor, harbor.approver).get(path))
    with clock.at(clock.now() + timedelta(seconds=11)):
        assert offer not in text(visitor.get(path))
        visitor.post(offer, {})
        assert "too late to take this back" in text(visitor.get(path))
    with tenant_scope(harbor.tenant.pk):
        assert ReviewItem.objects.get(pk=item.pk).choice == "accept"


def test_reading_takes_nothing_back_and_others_may_not(world: World) -> None:
    harbor = world.harbor
    item, visitor = ask(harbor), inside(harbor)
    visitor.decide(item, "accept")
    assert visitor.get(f"/review/{item.pk}/back/").status_code == 405
    other = inside(harbor, harbor.approver)
    assert other.post(f"/review/{item.pk}/back/", {}).status_code == 403
    with tenant_scope(harbor.tenant.pk):
        assert ReviewItem.objects.get(pk=item.pk).choice == "accept"


def test_the_owner_says_how_long(world: World) -> None:
    harbor = world.harbor
    owner, approver = inside(harbor), inside(harbor, harbor.approver)
    assert approver.post("/policies/take-back/", {"seconds": "0"}).status_code == 403
    assert owner.post("/policies/take-back/", {"seconds": "61"}).status_code == 400
    assert owner.post("/policies/take-back/", {"seconds": "0"}).status_code == 302
    assert "begins at once" in text(owner.get("/policies/"))
    item = ask(harbor)
    owner.decide(item, "accept")
    assert "Take it back" not in text(owner.get(f"/review/{item.pk}/"))
