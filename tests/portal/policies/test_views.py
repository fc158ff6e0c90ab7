"""The page of policies, and what the page of an item says of one."""

from datetime import timedelta

import pytest

from approvals.models import Absence, Policy
from audit.models import Event
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.portal.policies.policy_form_kit import TWO, text
from tests.portal.review_kit import Visitor, inside
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def test_a_policy_is_set_shown_and_removed(world: World, owner: Visitor) -> None:
    assert owner.post("/policies/add/", TWO).status_code == 302
    said = "Refunds over $25.00 need an owner; after 8 working hours it expires"
    assert said in text(owner.get("/policies/"))
    with tenant_scope(world.harbor.tenant.pk):
        policy = Policy.objects.get()
        assert policy.over == 2500
        (event,) = Event.objects.filter(verb="policy.added")
        assert event.after["policy"].startswith(said)
    page = text(owner.get(f"/policies/{policy.pk}/"))
    assert "25.00" in page
    changed = TWO | {"over": "100", "hours": ""}
    assert owner.post(f"/policies/{policy.pk}/", changed).status_code == 302
    assert "Refunds over $100.00 need an owner." in text(owner.get("/policies/"))
    assert owner.post(f"/policies/{policy.pk}/remove/", {}).status_code == 302
    assert "There is none yet" in text(owner.get("/policies/"))


def test_the_preview_says_it_in_words_and_writes_nothing(world: World, owner: Visitor) -> None:
    approver = world.harbor.approver
    page = text(owner.post("/policies/preview/", TWO | {"also": str(approver.pk)}))
    assert f"Refunds over $25.00 need an owner, and {approver};" in page
    assert "not enough people" in text(owner.post("/policies/preview/", TWO | {"needed": "2"}))
    with tenant_scope(world.harbor.tenant.pk):
        assert not Policy.objects.exists()


def test_working_hours_are_the_owners_to_set(world: World, owner: Visitor) -> None:
    form = {"days": ["1", "5"], "opens": "10:00", "closes": "14:30"}
    assert owner.post("/policies/hours/", form).status_code == 302
    assert "Tuesday, Saturday, 10:00 to 14:30" in text(owner.get("/policies/"))
    assert Tenant.objects.get(pk=world.harbor.tenant.pk).working_hours["days"] == [1, 5]
    bad = owner.post("/policies/hours/", form | {"closes": "09:00"})
    assert bad.status_code == 400
    assert "Work must end after it begins" in text(bad)


def test_an_approver_notes_their_own_absence_only(world: World) -> None:
    client = world.harbor
    visitor = inside(client, client.approver)
    today = clock.now().date()
    form = {
        "person": str(client.approver.pk),
        "first": str(today),
        "last": str(today + timedelta(days=7)),
        "stand_in": str(client.owner.pk),
    }
    other = visitor.post("/policies/away/", form | {"person": str(client.owner.pk)})
    assert other.status_code == 400
    assert visitor.post("/policies/away/", form).status_code == 302
    assert f"{client.owner} stands in" in text(visitor.get("/policies/"))
    assert "taken already" in text(visitor.post("/policies/away/", form))
    with tenant_scope(client.tenant.pk):
        absence = Absence.objects.get()
    assert visitor.post(f"/policies/away/{absence.pk}/end/", {}).status_code == 302
    assert "Nobody is away" in text(visitor.get("/policies/"))
