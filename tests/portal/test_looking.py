"""Who has an item open: said to the others, passes by itself, and holds nothing."""

from datetime import timedelta

import pytest

from approvals.models import Looking
from audit.models import Event
from tenants import clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask, inside
from tests.world import Client, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return make_world().harbor


def test_each_hears_of_the_others_until_they_are_gone(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, approver = inside(client), inside(client, client.approver)
    here = f"/review/{item.pk}/here/"
    with clock.at(now):
        assert "open too" not in owner.post(here, {}).content.decode()
        said = approver.post(here, {}).content.decode()
        assert "Owner Harbor &amp; Pine has this open too, since" in said
    with clock.at(now + timedelta(seconds=59)):
        assert "Approver Harbor" in owner.post(here, {}).content.decode()
    with clock.at(now + timedelta(seconds=80)):
        assert "open too" not in owner.post(here, {}).content.decode()
        assert "Owner Harbor" in approver.post(here, {}).content.decode()


def test_since_when_is_from_when_they_came(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner = inside(client)
    for seconds in (0, 20, 40):
        with clock.at(now + timedelta(seconds=seconds)):
            owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Looking.objects.get().since == now
    later = now + timedelta(minutes=10)
    with clock.at(later):
        owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Looking.objects.get().since == later


def test_it_is_no_act_and_opening_a_page_notes_nothing(client: Client) -> None:
    """Case A3: a GET changes nothing, presence included."""
    item = ask(client)
    owner = inside(client)
    with tenant_scope(client.tenant.pk):
        before = Event.objects.count()
    owner.get(f"/review/{item.pk}/")
    with tenant_scope(client.tenant.pk):
        assert not Looking.objects.exists()
    owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Event.objects.count() == before
        assert Looking.objects.count() == 1


def test_staff_are_not_noted_and_old_looks_are_forgotten(client: Client) -> None:
    operator = inside(client, User.objects.get(staff_role="operator"))
    first, second, now = ask(client), ask(client, order_id="10413"), clock.now()
    operator.post(f"/review/{first.pk}/here/", {})
    owner = inside(client)
    owner.post(f"/review/{first.pk}/here/", {})
    owner.decide(first, "take_over")
    with clock.at(now + timedelta(hours=2)):
        owner.post(f"/review/{second.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert [one.item_id for one in Looking.objects.all()] == [second.pk]
